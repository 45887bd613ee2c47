//! Lists the tenant's service accounts.

use kernel::{Page, PageSize, TenantId};
use uuid::Uuid;

use crate::{App, Result, domain::ServiceAccount, store};

/// Service accounts after the id `after`, newest last.
pub(crate) async fn list_service_accounts(
    app: &App,
    tenant: TenantId,
    size: PageSize,
    after: Option<Uuid>,
) -> Result<Page<ServiceAccount>> {
    let mut tx = app.db.tenant(tenant, "list_service_accounts").await?;
    let rows = store::list_service_accounts(&mut tx, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |account| account.service_account_id.to_string()))
}
