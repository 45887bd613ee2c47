//! Invites a person to a tenant.

use kernel::{Cx, Email, Locale, PersonName, TenantId, Timestamp, UserId};
use pg::{TenantTx, replies};
use wire::{timestamp, user::v1::InviteCreated};

use super::{
    TOKEN_KEY, allow_letter::allow_letter, note_step::note_step, take_seat::take_seat,
    tell_expired::tell_end,
};
use crate::{
    App, Error, Result,
    domain::{
        Claim, Delivery, Invite, InvitePolicy, InviteStatus, Lifetime, MemberStatus, Person,
        PersonStatus, Role, Step, TenantRole, Token,
    },
    peers, store,
};

/// The name under which replies to repeated keys are kept.
const OPERATION: &str = "CreateInvite";

/// The wish to invite somebody.
#[derive(Debug)]
pub(crate) struct CreateInvite {
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    pub(crate) role: TenantRole,
    /// The tenant's own language where none is given.
    pub(crate) locale: Option<Locale>,
    pub(crate) reference: String,
    /// As the tenant's rules say where none is given.
    pub(crate) lifetime: Option<Lifetime>,
    /// What the person's workspace is to be set up with, each `name=value`.
    pub(crate) workspace: Vec<String>,
    /// A digest of the request, by which a reused idempotency key is told from a repeated one.
    pub(crate) fingerprint: Vec<u8>,
}

/// Invites, or answers what stands already: the live invitation to this address, or the accepted one of a member.
pub(crate) async fn create_invite(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: CreateInvite,
) -> Result<Invite> {
    Role::Tenant(command.role).may_be_given_by(cx)?;
    let locale = match &command.locale {
        Some(locale) => locale.clone(),
        None => peers::tenant_locale(app, cx, tenant).await?,
    };
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "create_invite").await?;
    match replies::recall(&mut tx, cx, OPERATION, &command.fingerprint).await? {
        replies::Known::Nothing => {}
        replies::Known::Reply(reply) => return Ok(serde_json::from_slice(&reply)?),
        replies::Known::Other => return Err(Error::KeyReused),
    }
    let new = invited(app, &command, now);
    let new_id = new.user_id;
    let person = store::ensure_person(&mut tx, new).await?;
    let standing = if person.user_id == new_id {
        // Nobody knew this address, so nothing stands.
        None
    } else {
        standing_invite(&mut tx, cx, &person, now).await?
    };
    let (invite, fresh) = match standing {
        Some(invite) => (invite, false),
        None => {
            let policy = store::invite_policy(&mut tx).await?;
            let life = policy.lifetime(command.lifetime)?;
            let wish = wish(app, cx, person.user_id, command, locale, life);
            insert(app, cx, tenant, &mut tx, &policy, wish).await?
        }
    };
    replies::keep(&mut tx, cx, OPERATION, &serde_json::to_vec(&invite)?).await?;
    tx.commit().await?;
    if fresh {
        metrics::counter!("usher_user_invites_created_total").increment(1);
    }
    Ok(invite)
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

/// Adds the invitation and tells of it, unless another request was faster: then theirs stands. False for theirs.
async fn insert(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    tx: &mut TenantTx,
    policy: &InvitePolicy,
    invite: Invite,
) -> Result<(Invite, bool)> {
    take_seat(tx, Claim::New, invite.created_at).await?;
    allow_letter(tx, policy, &invite.email, invite.created_at).await?;
    let key = app.vault.derive(TOKEN_KEY);
    let hash = Token::derive(key.expose(), tenant, invite.invite_id, invite.sends).hash();
    if !store::insert_invite(tx, &invite, &hash).await? {
        let theirs = store::lock_pending(tx, &invite.email).await?;
        return Ok((theirs.ok_or(Error::Overtaken)?, false));
    }
    store::ensure_account(tx, invite.user_id, invite.created_at).await?;
    note_step(tx, cx, &invite, Step::Created, invite.created_at).await?;
    bus::audit(tx, cx, "invite.create", &format!("invite:{}", invite.invite_id)).await?;
    bus::emit(tx, cx, invite.invite_id.uuid(), &created(&invite)).await?;
    Ok((invite, true))
}

fn invited(app: &App, command: &CreateInvite, now: Timestamp) -> Person {
    Person {
        user_id: app.clock.new_id(),
        email: command.email.clone(),
        name: command.name.clone(),
        status: PersonStatus::Invited,
        created_at: now,
        activated_at: None,
    }
}

fn wish(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    command: CreateInvite,
    locale: Locale,
    life: Lifetime,
) -> Invite {
    let now = app.clock.now();
    Invite {
        invite_id: app.clock.new_id(),
        user_id,
        email: command.email,
        name: command.name,
        role: command.role,
        status: InviteStatus::Pending,
        locale,
        reference: command.reference,
        sends: 1,
        ttl_hours: life.hours(),
        created_at: now,
        expires_at: life.from(now),
        accepted_at: None,
        invited_by: cx.actor.label(),
        vouched_by: cx.actor.label(),
        delivery: Delivery::Queued,
        attempts: 0,
        workspace: command.workspace,
    }
}

fn created(invite: &Invite) -> InviteCreated {
    InviteCreated {
        invite_id: invite.invite_id.to_string(),
        user_id: invite.user_id.to_string(),
        email: invite.email.to_string(),
        name: invite.name.to_string(),
        role: invite.role.to_string(),
        locale: invite.locale.to_string(),
        reference: invite.reference.clone(),
        expires_at: Some(timestamp(invite.expires_at)),
        invited_by: invite.invited_by.clone(),
    }
}
