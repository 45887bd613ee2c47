//! Signs what an app is told of a session that has ended.

use std::time::Duration;

use kernel::{SessionId, TenantId, UserId};
use secrecy::SecretString;
use uuid::Uuid;

use crate::{
    App, Result,
    domain::{ClientName, LOGOUT_TOKEN, LogoutClaims},
    store,
};

/// How long the token counts (OpenID Back-Channel Logout 1.0, section 2.4: two minutes at most).
const LIFE: Duration = Duration::from_secs(120);

/// What is sent, and where.
#[derive(Debug)]
pub(crate) struct SignedLogout {
    pub(crate) tenant: TenantId,
    pub(crate) uri: String,
    pub(crate) token: SecretString,
}

/// A fresh token; `None` where nobody is to be told any more.
pub(crate) async fn sign_logout(
    app: &App,
    client: &str,
    user_id: UserId,
    session_id: SessionId,
) -> Result<Option<SignedLogout>> {
    let Some(name) = ClientName::parse(client) else { return Ok(None) };
    let mut tx = app.db.tenant(name.tenant, "find_oauth_client").await?;
    let known = store::oauth_client(&mut tx, name.client_id).await?;
    tx.commit().await?;
    let known = known.filter(|known| known.ended_at.is_none());
    let Some(uri) = known.and_then(|known| known.backchannel_logout_uri) else { return Ok(None) };
    let now = app.clock.now().jiff().as_second();
    let claims = LogoutClaims {
        iss: app.public_url.clone(),
        sub: user_id,
        aud: name.to_string(),
        iat: now,
        exp: now + i64::try_from(LIFE.as_secs()).unwrap_or_default(),
        jti: app.clock.new_id::<Uuid>().to_string(),
        sid: session_id,
        events: LogoutClaims::events(),
    };
    let token = app.signer.sign(app, LOGOUT_TOKEN, &claims).await?.into();
    Ok(Some(SignedLogout { tenant: name.tenant, uri, token }))
}
