//! Stops a list of invitations.

use kernel::{Cx, TenantId};
use uuid::Uuid;

use super::{end_batch::end_batch, get_invite_batch::known_batch};
use crate::{
    App, Result,
    domain::{BatchStatus, Hindrance, InviteBatch},
    store,
};

/// Ends the list: rows whose turn has not come are left out. Doing it twice changes nothing.
pub(crate) async fn cancel_invite_batch(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    batch_id: Uuid,
) -> Result<InviteBatch> {
    let mut tx = app.db.tenant(tenant, "cancel_invite_batch").await?;
    match store::lock_batch(&mut tx, batch_id).await?.ok_or(Hindrance::BatchNotFound)? {
        BatchStatus::Running => {}
        BatchStatus::Cancelled => return known_batch(&mut tx, batch_id).await,
        BatchStatus::Done | BatchStatus::Failed => return Err(Hindrance::BatchEnded.into()),
    }
    let now = app.clock.now();
    let batch = end_batch(&mut tx, cx, batch_id, BatchStatus::Cancelled, now).await?;
    let target = format!("invite_batch:{batch_id}");
    bus::audit(&mut tx, cx, "invite.batch.cancel", &target).await?;
    tx.commit().await?;
    Ok(batch)
}
