//! Lists the hosts of a tenant.

use kernel::{Page, PageSize, TenantId};
use uuid::Uuid;

use crate::{App, Result, domain::Domain, store};

/// The claims after `after`, oldest first.
pub(crate) async fn list_domains(
    app: &App,
    tenant: TenantId,
    size: PageSize,
    after: Option<Uuid>,
) -> Result<Page<Domain>> {
    let mut tx = app.db.tenant(tenant, "list_domains").await?;
    let rows = store::list_domains(&mut tx, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |domain| domain.domain_id.to_string()))
}
