//! Lists the domains whose people may come in.

use kernel::TenantId;

use crate::{App, Result, domain::JoinDomain, store};

/// All of the tenant's, by name.
pub(crate) async fn list_join_domains(app: &App, tenant: TenantId) -> Result<Vec<JoinDomain>> {
    let mut tx = app.db.tenant(tenant, "list_join_domains").await?;
    let domains = store::list_join_domains(&mut tx).await?;
    tx.commit().await?;
    Ok(domains)
}
