//! Makes one invitation within a transaction: the same for one alone and for a row of a list.

use kernel::{Cx, Locale, TenantId, Timestamp, UserId};
use pg::TenantTx;
use wire::{timestamp, user::v1::InviteCreated};

use super::{
    TOKEN_KEY, allow_letter::allow_letter, check_roles::check_roles, note_step::note_step,
    take_seat::take_seat, tell_expired::tell_end,
};
use crate::{
    App, Error, Result,
    domain::{
        Claim, Delivery, Invite, InvitePolicy, InviteStatus, InviteWish, Lifetime, MemberStatus,
        Person, PersonStatus, RoleName, Step, Token,
    },
    store,
};

/// An invitation that was made, or one that stood already.
#[derive(Debug)]
pub(super) enum Made {
    New(Invite),
    Standing(Invite),
}

impl Made {
    pub(super) fn invite(self) -> Invite {
        match self {
            Self::New(invite) | Self::Standing(invite) => invite,
        }
    }
}

/// Invites, or answers what stands already: the live invitation to this address, or the accepted one of a member.
/// `locale` is that of the letter where the wish names none.
pub(super) async fn make_invite(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    tx: &mut TenantTx,
    wish: InviteWish,
    locale: Locale,
) -> Result<Made> {
    check_roles(tx, cx, wish.roles.iter().map(RoleName::as_str)).await?;
    let now = app.clock.now();
    let new = invited(app, &wish, now);
    let new_id = new.user_id;
    let person = store::ensure_person(tx, new).await?.ok_or(Error::Overtaken)?;
    // Where nobody knew this address, nothing stands.
    if person.user_id != new_id
        && let Some(invite) = standing_invite(tx, cx, &person, now).await?
    {
        return Ok(Made::Standing(invite));
    }
    store::tenant_rules(tx).await?.admit(&wish.email)?;
    let policy = store::invite_policy(tx).await?;
    let life = policy.lifetime(wish.lifetime)?;
    let invite = wished(app, cx, person.user_id, wish, locale, life);
    insert(app, cx, tenant, tx, &policy, invite).await
}

/// The invitation that makes a new one needless. One whose time is over makes room.
async fn standing_invite(
    tx: &mut TenantTx,
    cx: &Cx,
    person: &Person,
    now: Timestamp,
) -> Result<Option<Invite>> {
    if let Some(pending) = store::lock_pending(tx, &person.email).await? {
        if pending.standing(now) == InviteStatus::Pending {
            return Ok(Some(pending));
        }
        store::expire_invite(tx, pending.invite_id).await?;
        tell_end(tx, cx, &pending, now).await?;
    }
    if store::member_status(tx, person.user_id).await? != Some(MemberStatus::Active) {
        return Ok(None);
    }
    let accepted = store::accepted_invite(tx, person.user_id).await?;
    accepted.map(Some).ok_or(Error::AlreadyMember)
}

/// Adds the invitation and tells of it, unless another request was faster: then theirs stands.
async fn insert(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    tx: &mut TenantTx,
    policy: &InvitePolicy,
    invite: Invite,
) -> Result<Made> {
    take_seat(tx, Claim::New, invite.created_at).await?;
    allow_letter(tx, policy, &invite.email, invite.created_at).await?;
    let key = app.vault.derive(TOKEN_KEY);
    let hash = Token::derive(key.expose(), tenant, invite.invite_id, invite.sends).hash();
    if !store::insert_invite(tx, &invite, &hash).await? {
        let theirs = store::lock_pending(tx, &invite.email).await?;
        return Ok(Made::Standing(theirs.ok_or(Error::Overtaken)?));
    }
    store::ensure_account(tx, invite.user_id, invite.created_at).await?;
    note_step(tx, cx, &invite, Step::Created, invite.created_at).await?;
    bus::audit(tx, cx, "invite.create", &format!("invite:{}", invite.invite_id)).await?;
    bus::emit(tx, cx, invite.invite_id.uuid(), &created(&invite)).await?;
    let budget = store::count_invite(tx, invite.created_at).await?;
    budget.allow(app.invite_daily, invite.created_at)?;
    tx.after_commit(|| metrics::counter!("usher_user_invites_created_total").increment(1));
    Ok(Made::New(invite))
}

fn invited(app: &App, wish: &InviteWish, now: Timestamp) -> Person {
    Person {
        user_id: app.clock.new_id(),
        email: wish.email.clone(),
        name: wish.name.clone(),
        status: PersonStatus::Invited,
        created_at: now,
        activated_at: None,
    }
}

fn wished(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    wish: InviteWish,
    locale: Locale,
    life: Lifetime,
) -> Invite {
    let now = app.clock.now();
    let mut roles = wish.roles.iter().map(|role| role.as_str().to_owned());
    Invite {
        invite_id: app.clock.new_id(),
        user_id,
        email: wish.email,
        name: wish.name,
        role: roles.next().unwrap_or_default(),
        more_roles: roles.collect(),
        scope_type: wish.scope.kind,
        scope_id: wish.scope.id,
        status: InviteStatus::Pending,
        locale: wish.locale.unwrap_or(locale),
        reference: wish.reference,
        sends: 1,
        ttl_hours: life.hours(),
        created_at: now,
        expires_at: life.from(now),
        accepted_at: None,
        invited_by: cx.actor.label(),
        vouched_by: cx.actor.label(),
        delivery: Delivery::Queued,
        attempts: 0,
        workspace: wish.workspace,
    }
}

fn created(invite: &Invite) -> InviteCreated {
    InviteCreated {
        invite_id: invite.invite_id.to_string(),
        user_id: invite.user_id.to_string(),
        email: invite.email.to_string(),
        name: invite.name.to_string(),
        role: invite.role.clone(),
        locale: invite.locale.to_string(),
        reference: invite.reference.clone(),
        expires_at: Some(timestamp(invite.expires_at)),
        invited_by: invite.invited_by.clone(),
        roles: invite.roles().map(str::to_owned).collect(),
        scope_type: invite.scope_type.to_string(),
        scope_id: invite.scope_id.clone(),
    }
}
