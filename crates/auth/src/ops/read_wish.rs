//! Reads what an app asks a person for, as it stands in the address or as the app pushed it before.

use std::fmt::Write;

use secrecy::{ExposeSecret, SecretString};

use crate::{
    App, Error, Result,
    domain::{ClientName, OAuthClient, OAuthProblem, Prompt, RequestUri, challenge},
    store,
};

/// An app's wish.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) response_type: String,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) challenge: String,
    pub(crate) challenge_method: String,
    pub(crate) prompt: String,
    /// The name of what was pushed; empty where all stands in the address.
    pub(crate) request_uri: SecretString,
}

impl Wish {
    /// Whether it names what was pushed.
    pub(super) fn is_pushed(&self) -> bool {
        !self.request_uri.expose_secret().is_empty()
    }
}

/// For what something is read that was pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    ToShow,
    ToAnswer,
}

/// The app of this name, where it has not ended.
pub(super) async fn find_client(app: &App, name: &str) -> Result<(ClientName, OAuthClient)> {
    let unknown = || Error::OAuthClientNotFound;
    let name = ClientName::parse(name).ok_or_else(unknown)?;
    let mut tx = app.db.tenant(name.tenant, "find_oauth_client").await?;
    let client = store::oauth_client(&mut tx, name.client_id).await?.ok_or_else(unknown)?;
    tx.commit().await?;
    if client.ended_at.is_some() { Err(unknown()) } else { Ok((name, client)) }
}

/// The wish itself, whose address is the app's own. Beside the name of what was pushed nothing in the address counts.
pub(super) async fn read_wish(
    app: &App,
    (name, client): (ClientName, &OAuthClient),
    shown: &Wish,
    reading: Reading,
) -> Result<Wish> {
    let wish = match shown.is_pushed() {
        true => pushed(app, name, shown, reading).await?,
        false => shown.clone(),
    };
    if client.redirect_uris.contains(&wish.redirect_uri) {
        Ok(wish)
    } else {
        Err(Error::RedirectUnknown)
    }
}

async fn pushed(app: &App, name: ClientName, shown: &Wish, reading: Reading) -> Result<Wish> {
    let unknown = || Error::RequestUriUnknown;
    let uri = RequestUri::parse(shown.request_uri.expose_secret()).ok_or_else(unknown)?;
    let mut tx = app.db.tenant(name.tenant, "find_pushed").await?;
    let pushed = store::pushed(&mut tx, &uri).await?;
    tx.commit().await?;
    let now = app.clock.now();
    let pushed = pushed.filter(|pushed| {
        pushed.client_id == name.client_id
            && match reading {
                Reading::ToShow => pushed.is_shown(now),
                Reading::ToAnswer => pushed.is_answered(now),
            }
    });
    let pushed = pushed.ok_or_else(unknown)?;
    Ok(Wish {
        response_type: "code".into(),
        client_id: shown.client_id.clone(),
        redirect_uri: pushed.redirect_uri,
        scope: pushed.scope,
        state: pushed.state,
        nonce: pushed.nonce,
        challenge: pushed.challenge,
        challenge_method: "S256".into(),
        prompt: pushed.prompt,
        request_uri: shown.request_uri.clone(),
    })
}

/// Uses up what was pushed; of those who answer at once one is first.
pub(super) async fn use_pushed(app: &App, name: ClientName, wish: &Wish) -> Result<()> {
    if !wish.is_pushed() {
        return Ok(());
    }
    let uri =
        RequestUri::parse(wish.request_uri.expose_secret()).ok_or(Error::RequestUriUnknown)?;
    let mut tx = app.db.tenant(name.tenant, "use_pushed").await?;
    if !store::use_pushed(&mut tx, &uri, app.clock.now()).await? {
        return Err(Error::RequestUriUnknown);
    }
    tx.commit().await?;
    Ok(())
}

/// The scopes that are asked for, and whether the person is to be asked, where the wish is one that can be granted.
pub(super) fn read(
    wish: &Wish,
    client: &OAuthClient,
) -> Result<(Vec<String>, Prompt), OAuthProblem> {
    if wish.response_type != "code" {
        return Err(OAuthProblem::UnsupportedResponseType);
    }
    let is_bound = wish.challenge_method == "S256" && challenge(&wish.challenge).is_some();
    let is_short = wish.state.len() <= 1_000 && wish.nonce.len() <= 255;
    if !is_bound || !is_short || (client.require_pushed && !wish.is_pushed()) {
        return Err(OAuthProblem::InvalidRequest);
    }
    let prompt = Prompt::parse(&wish.prompt).ok_or(OAuthProblem::InvalidRequest)?;
    let scopes = client.admits(&wish.scope).ok_or(OAuthProblem::InvalidScope)?;
    if scopes.is_empty() { Err(OAuthProblem::InvalidScope) } else { Ok((scopes, prompt)) }
}

/// The app's address with what it is told, its state, and who says so (RFC 9207).
pub(super) fn told(app: &App, wish: &Wish, pairs: &[(&str, &str)]) -> String {
    let mut address = wish.redirect_uri.clone();
    let state = Some(("state", wish.state.as_str())).filter(|_| !wish.state.is_empty());
    let issuer = ("iss", app.public_url.as_str());
    for (name, value) in pairs.iter().copied().chain(state).chain([issuer]) {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(name);
        address.push('=');
        address.push_str(&encoded(value));
    }
    address
}

/// As `application/x-www-form-urlencoded` says it, without any plus.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
