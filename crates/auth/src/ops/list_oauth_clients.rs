//! Lists a tenant's apps.

use kernel::{Page, PageSize, TenantId};
use uuid::Uuid;

use crate::{App, Result, domain::OAuthClient, store};

/// The apps after `after`, ended ones as well.
pub(crate) async fn list_oauth_clients(
    app: &App,
    tenant: TenantId,
    size: PageSize,
    after: Option<Uuid>,
) -> Result<Page<OAuthClient>> {
    let mut tx = app.db.tenant(tenant, "list_oauth_clients").await?;
    let rows = store::list_oauth_clients(&mut tx, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |client| client.client_id.to_string()))
}
