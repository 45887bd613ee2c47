//! Makes sure which app asks.

use kernel::Cx;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    App, Error, Result,
    domain::{ClientName, OAuthClient, OAuthProblem},
    peers, store,
};

/// How an app proves which one it is.
#[derive(Debug)]
pub(crate) struct ClientProof {
    pub(crate) name: String,
    /// Empty for one that cannot keep any.
    pub(crate) secret: SecretString,
}

/// The app, where it is known, not ended, and proven, and its tenant is served.
pub(super) async fn prove_client(
    app: &App,
    cx: &Cx,
    proof: &ClientProof,
) -> Result<(ClientName, OAuthClient)> {
    let refused = || Error::OAuth(OAuthProblem::InvalidClient);
    let name = ClientName::parse(&proof.name).ok_or_else(refused)?;
    let mut tx = app.db.tenant(name.tenant, "prove_client").await?;
    let client = store::oauth_client(&mut tx, name.client_id).await?.ok_or_else(refused)?;
    tx.commit().await?;
    if client.is_proven_by(proof.secret.expose_secret())
        && peers::is_served(app, cx, name.tenant).await?
    {
        Ok((name, client))
    } else {
        Err(refused())
    }
}
