//! Lists the rows of a list of invitations.

use kernel::{Page, PageSize, TenantId};
use uuid::Uuid;

use super::get_invite_batch::known_batch;
use crate::{
    App, Result,
    domain::{BatchRow, Outcome},
    store,
};

/// The rows after the number `after`, of one outcome when given, in their order.
pub(crate) async fn list_batch_rows(
    app: &App,
    tenant: TenantId,
    batch_id: Uuid,
    outcome: Option<Outcome>,
    size: PageSize,
    after: i32,
) -> Result<Page<BatchRow>> {
    let mut tx = app.db.tenant(tenant, "list_batch_rows").await?;
    known_batch(&mut tx, batch_id).await?;
    let rows = store::list_batch_rows(&mut tx, batch_id, outcome, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |row| row.number.to_string()))
}
