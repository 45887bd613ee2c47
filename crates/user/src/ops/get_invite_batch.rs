//! Shows how far a list of invitations is.

use kernel::TenantId;
use pg::TenantTx;
use uuid::Uuid;

use crate::{
    App, Result,
    domain::{Hindrance, InviteBatch},
    store,
};

/// The list as it stands.
pub(crate) async fn get_invite_batch(
    app: &App,
    tenant: TenantId,
    batch_id: Uuid,
) -> Result<InviteBatch> {
    let mut tx = app.db.tenant(tenant, "get_invite_batch").await?;
    let batch = known_batch(&mut tx, batch_id).await?;
    tx.commit().await?;
    Ok(batch)
}

/// The list of this id, within a transaction.
pub(super) async fn known_batch(tx: &mut TenantTx, batch_id: Uuid) -> Result<InviteBatch> {
    Ok(store::invite_batch(tx, batch_id).await?.ok_or(Hindrance::BatchNotFound)?)
}
