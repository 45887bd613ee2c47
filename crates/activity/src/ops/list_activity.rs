//! Lists what happened.

use kernel::{ActivityId, Page, PageSize, TenantId};

use crate::{App, Result, domain::Item, store};

/// The tenant's items after `after`, newest first.
pub(crate) async fn list_activity(
    app: &App,
    tenant_id: TenantId,
    size: PageSize,
    after: Option<ActivityId>,
) -> Result<Page<Item>> {
    let mut tx = app.db.tenant(tenant_id, "list_activity").await?;
    let rows = store::list_items(&mut tx, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |item| item.activity_id.to_string()))
}
