//! Connects a tenant with an OpenID provider.

use kernel::{Cx, TenantId};
use pg::TenantTx;
use secrecy::SecretString;
use uuid::Uuid;
use wire::auth::v1::SsoConnectionChanged;

use super::SSO_PURPOSE;
use crate::{
    App, Error, Result,
    domain::{Connection, ConnectionId, MOST_CONNECTIONS, SsoRefusal, Terms},
    oidc::Provider,
    peers, store,
};

/// The wish for a connection.
#[derive(Debug)]
pub(crate) struct ConnectSso {
    pub(crate) issuer: String,
    pub(crate) secret: SecretString,
    pub(crate) terms: Terms,
}

/// Where a connection's provider sends people back to: an address of its own, so that no provider is ever answered for by
/// another one (RFC 9700, section 4.4.2.2).
pub(crate) fn redirect_uri(app: &App, connection_id: ConnectionId) -> String {
    format!("{}/signin/sso/back/{connection_id}", app.public_url.trim_end_matches('/'))
}

/// Asks the provider who it is, and keeps the connection with its secret sealed.
pub(crate) async fn connect_sso(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: ConnectSso,
) -> Result<Connection> {
    let ConnectSso { issuer, secret, terms } = command;
    proven(app, cx, tenant, &terms).await?;
    let found = Provider::discover(&app.outbound, tenant, &issuer).await;
    found.map_err(|why| Error::Sso(SsoRefusal::Provider(why.to_string())))?;
    app.vault.prepare(&app.db, tenant).await?;
    let connection = Connection {
        connection_id: Uuid::now_v7().into(),
        issuer,
        terms,
        created_at: app.clock.now(),
    };
    let mut tx = app.db.tenant(tenant, "connect_sso").await?;
    store::lock_connections(&mut tx).await?;
    if store::connections(&mut tx).await?.len() >= MOST_CONNECTIONS {
        return Err(Error::Sso(SsoRefusal::TooMany));
    }
    let row = connection.connection_id.uuid();
    let sealed = app.vault.seal(&mut tx, SSO_PURPOSE, row, &secret).await?;
    store::insert_connection(&mut tx, &connection, &sealed).await?;
    tell(&mut tx, cx, &connection, "sso.connect", false).await?;
    tx.commit().await?;
    Ok(connection)
}

/// Refuses a domain whose proof by the tenant does not stand.
pub(super) async fn proven(app: &App, cx: &Cx, tenant: TenantId, terms: &Terms) -> Result<()> {
    if terms.domains.is_empty() {
        return Ok(());
    }
    let proven = peers::proven_domains(app, cx, tenant).await?;
    match terms.domains.iter().find(|domain| !proven.contains(domain)) {
        Some(domain) => Err(Error::Sso(SsoRefusal::NotProven(domain.clone()))),
        None => Ok(()),
    }
}

/// Audits what became of a connection, and tells it.
pub(super) async fn tell(
    tx: &mut TenantTx,
    cx: &Cx,
    connection: &Connection,
    action: &str,
    deleted: bool,
) -> Result<()> {
    let id = connection.connection_id;
    bus::audit(tx, cx, action, &format!("sso:{id}")).await?;
    let fact = SsoConnectionChanged {
        connection_id: id.to_string(),
        issuer: connection.issuer.clone(),
        enabled: connection.terms.enabled && !deleted,
        deleted,
    };
    bus::emit(tx, cx, id.uuid(), &fact).await?;
    Ok(())
}
