//! Shows a tenant's connections with providers.

use kernel::TenantId;

use crate::{
    App, Error, Result,
    domain::{Connection, ConnectionId, SsoRefusal},
    store,
};

/// All of them, the oldest first: there are few.
pub(crate) async fn list_sso(app: &App, tenant: TenantId) -> Result<Vec<Connection>> {
    let mut tx = app.db.tenant(tenant, "list_sso").await?;
    let connections = store::connections(&mut tx).await?;
    tx.commit().await?;
    Ok(connections)
}

/// One of them.
pub(crate) async fn get_sso(
    app: &App,
    tenant: TenantId,
    connection_id: ConnectionId,
) -> Result<Connection> {
    let connections = list_sso(app, tenant).await?;
    let mut found = connections.into_iter().filter(|one| one.connection_id == connection_id);
    found.next().ok_or(Error::Sso(SsoRefusal::NotFound))
}
