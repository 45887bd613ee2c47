//! Lists the tenant's own roles.

use kernel::{Page, PageSize, TenantId};

use crate::{App, Result, domain::CustomRole, store};

/// Roles by name, after the name `after`.
pub(crate) async fn list_custom_roles(
    app: &App,
    tenant: TenantId,
    size: PageSize,
    after: &str,
) -> Result<Page<CustomRole>> {
    let mut tx = app.db.tenant(tenant, "list_custom_roles").await?;
    let rows = store::list_custom_roles(&mut tx, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |role| role.role.clone()))
}
