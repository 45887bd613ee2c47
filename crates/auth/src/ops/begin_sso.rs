//! Begins the way to a tenant's provider and back.

use aws_lc_rs::rand;
use kernel::{Cx, SessionId, TenantId, Timestamp, UserId};
use secrecy::SecretString;

use super::{
    SSO_KEY,
    connect_sso::redirect_uri,
    require_fresh::{require_fresh, require_session},
};
use crate::{
    App, Error, Result,
    domain::{
        Connection, ConnectionId, JOURNEY, Journey, Key, SsoInvitation, SsoRefusal, SsoState,
    },
    oidc::{Binding, Client, Doubt, Provider},
    store,
};

/// What the browser is told.
#[derive(Debug)]
pub(crate) struct SsoBegun {
    pub(crate) url: String,
    pub(crate) binding: Key,
    pub(crate) expires_at: Timestamp,
}

/// Somebody signs in, or accepts an invitation on the way.
pub(crate) async fn begin_sso_sign_in(
    app: &App,
    tenant: TenantId,
    connection_id: ConnectionId,
    invitation: Option<&SsoInvitation>,
) -> Result<SsoBegun> {
    let connection = enabled(app, tenant, connection_id).await?;
    let invitation = invitation.map(SsoInvitation::hash);
    begin_sso(app, tenant, &connection, None, invitation).await
}

/// Somebody links their account, after a fresh proof in their own session.
pub(crate) async fn begin_sso_link(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    connection_id: ConnectionId,
    of: (UserId, SessionId),
) -> Result<SsoBegun> {
    require_session(cx)?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "begin_sso_link").await?;
    require_fresh(&mut tx, of.0, of.1, app.clock.now()).await?;
    bus::audit(&mut tx, cx, "sso.begin_link", &format!("user:{}", of.0)).await?;
    tx.commit().await?;
    let connection = enabled(app, tenant, connection_id).await?;
    begin_sso(app, tenant, &connection, Some(of), None).await
}

/// What one way to the provider is bound by: all of it follows from its state under a key of ours, so that nothing of it is
/// kept.
pub(super) fn bind(app: &App, state: &SsoState) -> Binding {
    let key = app.vault.derive(SSO_KEY);
    let derived =
        |what: &str| -> SecretString { key.token(format!("{what} {}", state.text()).as_bytes()) };
    Binding {
        state: state.text().to_owned(),
        nonce: derived("nonce"),
        verifier: derived("verifier"),
    }
}

async fn enabled(app: &App, tenant: TenantId, connection_id: ConnectionId) -> Result<Connection> {
    let mut tx = app.db.tenant(tenant, "find_sso").await?;
    let found = store::connection(&mut tx, connection_id).await?;
    tx.commit().await?;
    let found = found.map(|(connection, _)| connection);
    found.filter(|connection| connection.terms.enabled).ok_or(Error::Sso(SsoRefusal::NotFound))
}

async fn begin_sso(
    app: &App,
    tenant: TenantId,
    connection: &Connection,
    linking: Option<(UserId, SessionId)>,
    invitation: Option<Vec<u8>>,
) -> Result<SsoBegun> {
    let (state, binding) = (SsoState::of(tenant, &random_key()?), random_key()?);
    let now = app.clock.now();
    let expires_at = now.after(JOURNEY);
    let connection_id = connection.connection_id;
    let journey = Journey { connection_id, linking, invitation, expires_at };
    // Before the provider is asked, so that no crowd has it asked without end.
    let mut tx = app.db.tenant(tenant, "begin_sso").await?;
    if !store::insert_journey(&mut tx, &state, &binding, &journey, now).await? {
        return Err(Error::Peer { service: "provider", reason: "sso_crowded".into(), away: true });
    }
    tx.commit().await?;
    let provider = Provider::discover(&app.outbound, tenant, &connection.issuer).await;
    let provider = provider.map_err(|why| away(connection, &why))?;
    let redirect_uri = redirect_uri(app, connection.connection_id);
    let client = Client {
        id: &connection.terms.client_id,
        secret: &SecretString::default(),
        redirect_uri: &redirect_uri,
    };
    let url = provider.way(&client, &bind(app, &state));
    let url = url.map_err(|why| away(connection, &why))?;
    Ok(SsoBegun { url, binding, expires_at })
}

/// The provider is of no use at the moment; why stands in the log.
fn away(connection: &Connection, why: &Doubt) -> Error {
    tracing::warn!(sso.id = %connection.connection_id, %why, "a provider cannot be used");
    Error::Peer { service: "provider", reason: "provider_away".into(), away: true }
}

fn random_key() -> Result<Key> {
    let mut random = [0; 32];
    rand::fill(&mut random).map_err(|_| Error::Hashing("the system gives no randomness".into()))?;
    Ok(Key::of(&random))
}
