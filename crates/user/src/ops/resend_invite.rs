//! Sends an invitation again, with a new link.

use kernel::{Cx, InviteId, TenantId};
use pg::replies;
use wire::{timestamp, user::v1::InviteResent};

use super::{
    TOKEN_KEY, allow_letter::allow_letter, check_roles::check_roles, note_step::note_step,
    take_seat::take_seat,
};
use crate::{
    App, Error, Result,
    domain::{Claim, Invite, InviteStatus, Step, Token},
    store,
};

/// The name under which replies to repeated keys are kept.
const OPERATION: &str = "ResendInvite";

/// Replaces the invitation's link; the former one works on for the overlap of the tenant's rules, unless its time was
/// over or it was used up by wrong passwords. Whoever sends it answers for its role from then on. A repeat of the call,
/// told by its idempotency key and the digest `fingerprint` of the request, sends nothing again.
pub(crate) async fn resend_invite(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    id: InviteId,
    fingerprint: &[u8],
) -> Result<Invite> {
    let mut tx = app.db.tenant(tenant, "resend_invite").await?;
    match replies::recall(&mut tx, cx, OPERATION, fingerprint).await? {
        replies::Known::Nothing => {}
        replies::Known::Reply(reply) => return Ok(serde_json::from_slice(&reply)?),
        replies::Known::Other => return Err(Error::KeyReused),
    }
    let invite = store::lock_invite(&mut tx, id).await?.ok_or(Error::InvitationNotFound)?;
    check_roles(&mut tx, cx, invite.roles()).await?;
    let now = app.clock.now();
    let policy = store::invite_policy(&mut tx).await?;
    let stood = invite.standing(now);
    let works = stood == InviteStatus::Pending && !invite.is_exhausted(&policy);
    let overlap = policy.overlap_from(now).filter(|_| works);
    let invite = invite.resend(&policy, cx.actor.label(), now)?;
    if stood == InviteStatus::Expired {
        // Its seat was given back with its time.
        take_seat(&mut tx, Claim::New, now).await?;
    }
    allow_letter(&mut tx, &policy, &invite.email, now).await?;
    let key = app.vault.derive(TOKEN_KEY);
    let hash = Token::derive(key.expose(), tenant, id, invite.sends).hash();
    store::update_link(&mut tx, &invite, &hash, overlap).await?;
    note_step(&mut tx, cx, &invite, Step::Resent, now).await?;
    bus::audit(&mut tx, cx, "invite.resend", &format!("invite:{id}")).await?;
    let fact = InviteResent {
        invite_id: id.to_string(),
        email: invite.email.to_string(),
        name: invite.name.to_string(),
        locale: invite.locale.to_string(),
        reference: invite.reference.clone(),
        sends: invite.sends,
        expires_at: Some(timestamp(invite.expires_at)),
    };
    bus::emit(&mut tx, cx, id.uuid(), &fact).await?;
    replies::keep(&mut tx, cx, OPERATION, &serde_json::to_vec(&invite)?).await?;
    tx.commit().await?;
    Ok(invite)
}
