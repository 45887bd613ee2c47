//! Signs an ID token: who has signed in, for the app that asked.

use kernel::{SessionId, TenantId, UserId};
use secrecy::SecretString;

use crate::{
    App, Error, Result,
    domain::{ClientName, ID_TOKEN, KeptCode, OAuthProblem, OwnIdClaims},
    store,
};

/// Of what an ID token is born.
#[derive(Debug, Clone, Copy)]
pub(super) struct Birth<'a> {
    pub(super) user_id: UserId,
    pub(super) session_id: SessionId,
    pub(super) scope: &'a str,
    /// Empty where the app gave none.
    pub(super) nonce: &'a str,
}

impl<'a> From<&'a KeptCode> for Birth<'a> {
    fn from(kept: &'a KeptCode) -> Self {
        let (user_id, session_id) = (kept.user_id, kept.session_id);
        Self { user_id, session_id, scope: &kept.scope, nonce: &kept.nonce }
    }
}

/// The token, where `openid` was granted.
pub(super) async fn issue_id_token(
    app: &App,
    name: ClientName,
    birth: Birth<'_>,
) -> Result<Option<SecretString>> {
    if !birth.scope.split(' ').any(|word| word == "openid") {
        return Ok(None);
    }
    let mut tx = app.db.tenant(TenantId::PLATFORM, "find_proof").await?;
    let session = store::session(&mut tx, birth.user_id, birth.session_id).await?;
    tx.commit().await?;
    let session = session.ok_or(Error::OAuth(OAuthProblem::InvalidGrant))?;
    let now = app.clock.now().jiff().as_second();
    let claims = OwnIdClaims {
        iss: app.public_url.clone(),
        sub: birth.user_id,
        aud: name.to_string(),
        iat: now,
        exp: now + i64::try_from(app.access_life.as_secs()).unwrap_or_default(),
        auth_time: session.proven_at.jiff().as_second(),
        sid: birth.session_id,
        nonce: birth.nonce.to_owned(),
    };
    Ok(Some(app.signer.sign(app, ID_TOKEN, &claims).await?.into()))
}
