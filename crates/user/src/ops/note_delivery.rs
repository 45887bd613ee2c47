//! Notes what became of an invitation's letter.

use kernel::{Cx, TenantId};

use crate::{
    App, Result,
    domain::{Delivered, InviteEvent},
    store,
};

/// Notes it once, however often it is heard. A letter about something else than an invitation is none of ours.
pub(crate) async fn note_delivery(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    heard: Delivered,
) -> Result<()> {
    let mut tx = app.db.tenant(tenant, "note_delivery").await?;
    if !bus::first_delivery(&mut tx, cx).await? {
        return Ok(());
    }
    if let Some(invite) = store::lock_invite(&mut tx, heard.invite_id).await? {
        let event = InviteEvent {
            at: app.clock.now(),
            kind: heard.step(),
            sends: heard.sends,
            actor: cx.actor.label(),
            detail: heard.detail().to_owned(),
        };
        store::insert_invite_event(&mut tx, invite.invite_id, &event).await?;
        if let Some(delivery) = heard.moves(invite.sends, invite.delivery) {
            store::update_delivery(&mut tx, invite.invite_id, delivery).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
