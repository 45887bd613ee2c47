//! Lists a tenant's API keys.

use kernel::{Page, PageSize, TenantId};
use uuid::Uuid;

use crate::{App, Result, domain::ApiKey, store};

/// The keys after `after`, ended ones as well.
pub(crate) async fn list_api_keys(
    app: &App,
    tenant: TenantId,
    size: PageSize,
    after: Option<Uuid>,
) -> Result<Page<ApiKey>> {
    let mut tx = app.db.tenant(tenant, "list_api_keys").await?;
    let rows = store::list_api_keys(&mut tx, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |key| key.api_key_id.to_string()))
}
