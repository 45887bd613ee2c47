//! Lists tenants.

use kernel::{Page, PageSize, Slug, TenantId};

use crate::{App, Result, domain::Tenant, store};

/// The tenants after `after`, oldest first; only the one of `slug` where one is given.
pub(crate) async fn list_tenants(
    app: &App,
    size: PageSize,
    after: Option<TenantId>,
    slug: Option<&Slug>,
) -> Result<Page<Tenant>> {
    let mut tx = app.db.platform("list_tenants", "an operator's list of all tenants").await?;
    let rows = store::list_tenants(&mut tx, after, slug, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |tenant| tenant.tenant_id.to_string()))
}
