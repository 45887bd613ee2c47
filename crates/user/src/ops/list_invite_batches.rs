//! Lists the tenant's lists of invitations.

use kernel::{Page, PageSize, TenantId};
use uuid::Uuid;

use crate::{App, Result, domain::InviteBatch, store};

/// The lists after `after`, oldest first.
pub(crate) async fn list_invite_batches(
    app: &App,
    tenant: TenantId,
    size: PageSize,
    after: Option<Uuid>,
) -> Result<Page<InviteBatch>> {
    let mut tx = app.db.tenant(tenant, "list_invite_batches").await?;
    let batches = store::list_batches(&mut tx, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(batches, size, |batch| batch.batch_id.to_string()))
}
