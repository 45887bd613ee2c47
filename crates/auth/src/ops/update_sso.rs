//! Changes a tenant's connection with a provider.

use kernel::{Cx, TenantId};
use secrecy::{ExposeSecret, SecretString};

use super::{
    SSO_PURPOSE,
    connect_sso::{proven, tell},
};
use crate::{
    App, Error, Result,
    domain::{Connection, ConnectionId, SsoRefusal, Terms},
    store,
};

/// What a connection is to be from now on; its issuer stays.
#[derive(Debug)]
pub(crate) struct UpdateSso {
    pub(crate) connection_id: ConnectionId,
    /// Empty for the one it has.
    pub(crate) secret: SecretString,
    pub(crate) terms: Terms,
}

/// Sets all that may change. Sessions that it opened end where it is not enabled any more.
pub(crate) async fn update_sso(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: UpdateSso,
) -> Result<Connection> {
    let UpdateSso { connection_id, secret, terms } = command;
    proven(app, cx, tenant, &terms).await?;
    app.vault.prepare(&app.db, tenant).await?;
    let mut tx = app.db.tenant(tenant, "update_sso").await?;
    let sealed = match secret.expose_secret().is_empty() {
        true => None,
        false => Some(app.vault.seal(&mut tx, SSO_PURPOSE, connection_id.uuid(), &secret).await?),
    };
    if !store::update_connection(&mut tx, connection_id, &terms, sealed.as_ref()).await? {
        return Err(Error::Sso(SsoRefusal::NotFound));
    }
    let (connection, _) =
        store::connection(&mut tx, connection_id).await?.ok_or(Error::Sso(SsoRefusal::NotFound))?;
    tell(&mut tx, cx, &connection, "sso.update", false).await?;
    tx.commit().await?;
    Ok(connection)
}
