//! Shows one tenant.

use kernel::TenantId;

use crate::{App, Error, Result, domain::Tenant, store};

/// The tenant of this id.
pub(crate) async fn get_tenant(app: &App, tenant_id: TenantId) -> Result<Tenant> {
    let mut tx = app.db.tenant(tenant_id, "get_tenant").await?;
    let tenant = store::tenant(&mut tx).await?.ok_or(Error::TenantNotFound)?;
    tx.commit().await?;
    Ok(tenant)
}
