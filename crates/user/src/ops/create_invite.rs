//! Invites a person to a tenant.

use kernel::{Cx, Email, InviteId, Locale, PersonName, TenantId, Timestamp, UserId};
use pg::{TenantTx, replies};
use wire::{timestamp, user::v1::InviteCreated};

use super::{TOKEN_KEY, take_seat::take_seat};
use crate::{
    App, Error, Result,
    domain::{
        Claim, Invite, InviteStatus, Lifetime, MemberStatus, Person, PersonStatus, Role,
        TenantRole, Token,
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
    pub(crate) lifetime: Lifetime,
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
        standing_invite(&mut tx, &person, now).await?
    };
    let (invite, fresh) = match standing {
        Some(invite) => (invite, false),
        None => {
            let wish = wish(app.clock.new_id(), person.user_id, command, locale, now);
            insert(app, cx, tenant, &mut tx, wish).await?
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
    person: &Person,
    now: Timestamp,
) -> Result<Option<Invite>> {
    if let Some(pending) = store::lock_pending(tx, &person.email).await? {
        if pending.standing(now) == InviteStatus::Pending {
            return Ok(Some(pending));
        }
        store::expire_invite(tx, pending.invite_id).await?;
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
    invite: Invite,
) -> Result<(Invite, bool)> {
    take_seat(tx, Claim::New, invite.created_at).await?;
    let key = app.vault.derive(TOKEN_KEY);
    let hash = Token::derive(key.expose(), tenant, invite.invite_id, invite.sends).hash();
    if !store::insert_invite(tx, &invite, &hash, &cx.actor.label()).await? {
        let theirs = store::lock_pending(tx, &invite.email).await?;
        return Ok((theirs.ok_or(Error::Overtaken)?, false));
    }
    store::ensure_account(tx, invite.user_id, invite.created_at).await?;
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
    invite_id: InviteId,
    user_id: UserId,
    command: CreateInvite,
    locale: Locale,
    now: Timestamp,
) -> Invite {
    Invite {
        invite_id,
        user_id,
        email: command.email,
        name: command.name,
        role: command.role,
        status: InviteStatus::Pending,
        locale,
        reference: command.reference,
        sends: 1,
        ttl_hours: command.lifetime.hours(),
        created_at: now,
        expires_at: command.lifetime.from(now),
        accepted_at: None,
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
    }
}
