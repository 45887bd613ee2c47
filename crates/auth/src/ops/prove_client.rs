//! Makes sure which app asks.

use kernel::Cx;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    App, Error, Result,
    domain::{Assertion, ClientName, OAuthClient, OAuthProblem},
    peers, store,
};

/// How an app proves which one it is.
#[derive(Debug)]
pub(crate) struct ClientProof {
    /// May be empty beside an assertion, which says it as well.
    pub(crate) name: String,
    /// Empty for one that cannot keep any, or proves itself by a key.
    pub(crate) secret: SecretString,
    /// What it has signed by one of its keys; empty for one without keys.
    pub(crate) assertion: SecretString,
}

/// The app, where it is known, not ended, and proven, and its tenant is served. Why it is none of these is not told apart.
pub(super) async fn prove_client(
    app: &App,
    cx: &Cx,
    proof: &ClientProof,
) -> Result<(ClientName, OAuthClient)> {
    let refused = || Error::OAuth(OAuthProblem::InvalidClient);
    let (text, secret) = (proof.assertion.expose_secret(), proof.secret.expose_secret());
    let assertion = match text {
        "" => None,
        text => Some(Assertion::parse(text).ok_or_else(refused)?),
    };
    let said = match &assertion {
        Some(assertion) if proof.name.is_empty() => assertion.client(),
        _ => proof.name.as_str(),
    };
    let name = ClientName::parse(said).ok_or_else(refused)?;
    let mut tx = app.db.tenant(name.tenant, "prove_client").await?;
    let client = store::oauth_client(&mut tx, name.client_id).await?;
    tx.commit().await?;
    let is_proven = match &assertion {
        Some(assertion) => secret.is_empty() && holds(app, said, client.as_ref(), assertion),
        None => client.as_ref().is_some_and(|client| client.is_proven_by(secret)),
    };
    let client = client.filter(|_| is_proven).ok_or_else(refused)?;
    if let Some(assertion) = &assertion {
        spend(app, name, assertion).await?;
    }
    if peers::is_served(app, cx, name.tenant).await? { Ok((name, client)) } else { Err(refused()) }
}

/// Whether this very app signed it for us and now. Where nobody is known by that name it takes as long.
fn holds(app: &App, said: &str, client: Option<&OAuthClient>, assertion: &Assertion<'_>) -> bool {
    let client = client.filter(|client| client.ended_at.is_none());
    let keys = client.map(OAuthClient::keys).unwrap_or_default();
    let token_endpoint = format!("{}/oauth/token", app.public_url);
    let pushing_endpoint = format!("{}/oauth/par", app.public_url);
    let audiences = [app.public_url.as_str(), &token_endpoint, &pushing_endpoint];
    let is_signed = assertion.is_signed_by(&keys);
    is_signed && assertion.says(said, &audiences, app.clock.now())
}

/// An assertion counts once, whatever comes of it.
async fn spend(app: &App, name: ClientName, assertion: &Assertion<'_>) -> Result<()> {
    let refused = || Error::OAuth(OAuthProblem::InvalidClient);
    let expires_at = assertion.expires_at().ok_or_else(refused)?;
    let mut tx = app.db.tenant(name.tenant, "spend_assertion").await?;
    let hash = assertion.hash(name.client_id);
    if !store::insert_assertion(&mut tx, &hash, expires_at).await? {
        return Err(refused());
    }
    tx.commit().await?;
    Ok(())
}
