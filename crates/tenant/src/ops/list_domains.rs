//! Lists the hosts of a tenant.

use kernel::TenantId;

use crate::{App, Result, domain::Domain, store};

/// All of them, by name.
pub(crate) async fn list_domains(app: &App, tenant: TenantId) -> Result<Vec<Domain>> {
    let mut tx = app.db.tenant(tenant, "list_domains").await?;
    let domains = store::list_domains(&mut tx).await?;
    tx.commit().await?;
    Ok(domains)
}
