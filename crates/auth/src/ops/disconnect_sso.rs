//! Ends a tenant's connection with a provider.

use kernel::{Cx, TenantId};

use super::connect_sso::tell;
use crate::{
    App, Error, Result,
    domain::{ConnectionId, SsoRefusal},
    store,
};

/// Ends a connection with the links of people to it; the sessions it opened are good for nothing from then on.
pub(crate) async fn disconnect_sso(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    connection_id: ConnectionId,
) -> Result<()> {
    let mut tx = app.db.tenant(tenant, "disconnect_sso").await?;
    let (connection, _) =
        store::connection(&mut tx, connection_id).await?.ok_or(Error::Sso(SsoRefusal::NotFound))?;
    if !store::delete_connection(&mut tx, connection_id).await? {
        return Err(Error::Sso(SsoRefusal::NotFound));
    }
    tell(&mut tx, cx, &connection, "sso.disconnect", true).await?;
    tx.commit().await?;
    Ok(())
}
