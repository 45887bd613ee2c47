//! Lists the openings of a tenant's content.

use kernel::{Page, PageSize, TenantId};
use uuid::Uuid;

use crate::{App, Result, domain::GlassOpening, store};

/// The openings before `before`, the newest first.
pub(crate) async fn list_glass(
    app: &App,
    tenant: TenantId,
    size: PageSize,
    before: Option<Uuid>,
) -> Result<Page<GlassOpening>> {
    let mut tx = app.db.tenant(tenant, "list_glass").await?;
    let rows = store::list_glass(&mut tx, before, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |opening| opening.opening_id.to_string()))
}
