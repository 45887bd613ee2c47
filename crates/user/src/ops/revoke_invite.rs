//! Takes an invitation back.

use kernel::{Cx, InviteId, TenantId, Timestamp};
use pg::TenantTx;
use wire::user::v1::InviteRevoked;

use super::note_step::note_step;
use crate::{
    App, Error, Result,
    domain::{Invite, Step},
    store,
};

/// Ends the invitation; its link stops working when this commits. Doing it twice changes nothing.
pub(crate) async fn revoke_invite(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    id: InviteId,
) -> Result<Invite> {
    let mut tx = app.db.tenant(tenant, "revoke_invite").await?;
    let invite = revoke(&mut tx, cx, id, app.clock.now()).await?;
    tx.commit().await?;
    Ok(invite)
}

/// Ends the invitation within a transaction.
pub(super) async fn revoke(
    tx: &mut TenantTx,
    cx: &Cx,
    id: InviteId,
    now: Timestamp,
) -> Result<Invite> {
    let invite = store::lock_invite(tx, id).await?.ok_or(Error::InvitationNotFound)?;
    let Some(revoked) = invite.clone().revoke()? else {
        return Ok(invite);
    };
    store::revoke_invite(tx, id).await?;
    note_step(tx, cx, &revoked, Step::Revoked, now).await?;
    bus::audit(tx, cx, "invite.revoke", &format!("invite:{id}")).await?;
    let fact = InviteRevoked { invite_id: id.to_string(), reference: revoked.reference.clone() };
    bus::emit(tx, cx, id.uuid(), &fact).await?;
    Ok(revoked)
}
