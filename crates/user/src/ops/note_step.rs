//! Notes a step in the life of an invitation.

use kernel::{Cx, Timestamp};
use pg::TenantTx;

use crate::{
    Result,
    domain::{Invite, InviteEvent, Step},
    store,
};

/// Notes what whoever acts did to an invitation that is locked, in the transaction of the deed.
pub(super) async fn note_step(
    tx: &mut TenantTx,
    cx: &Cx,
    invite: &Invite,
    kind: Step,
    now: Timestamp,
) -> Result<()> {
    let event = InviteEvent {
        at: now,
        kind,
        sends: invite.sends,
        actor: cx.actor.label(),
        detail: String::new(),
    };
    store::insert_invite_event(tx, invite.invite_id, &event).await?;
    Ok(())
}
