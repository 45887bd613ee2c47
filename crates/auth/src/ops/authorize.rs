//! Asks a person whether an app may act for them, and gives the app a code.

use std::{fmt::Write, time::Duration};

use aws_lc_rs::rand;
use kernel::{Credential, Cx, SessionId, UserId};
use secrecy::{ExposeSecret, SecretString};

use super::{APPROVAL_KEY, session_rights::session_rights};
use crate::{
    App, Error, Result,
    domain::{ClientName, Code, KeptCode, OAuthClient, OAuthProblem, Standing, challenge},
    store,
};

/// How long a code counts.
const LIFE: Duration = Duration::from_secs(60);

/// An app's wish, as it stands in the address.
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
}

/// Who is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) user_id: UserId,
    pub(crate) session_id: SessionId,
}

/// What comes of looking at a wish.
#[derive(Debug)]
pub(crate) enum Looked {
    /// The person is to be asked.
    Question {
        name: ClientName,
        client: Box<OAuthClient>,
        scopes: Vec<String>,
        approval: SecretString,
    },
    /// The app is to be told of its mistake, there.
    Refusal(String),
}

/// Looks at a wish. What may not even be told to the app, since nobody knows whose address it is, is an error.
pub(crate) async fn show_authorization(
    app: &App,
    cx: &Cx,
    asked: Asked,
    wish: &Wish,
) -> Result<Looked> {
    let (name, client) = find(app, wish).await?;
    let of = (asked.user_id, asked.session_id);
    let rights = session_rights(app, cx, name.tenant, of).await?;
    if !rights.belongs || rights.suspended {
        return Err(Error::TenantUnknown);
    }
    match read(wish, &client) {
        Ok(scopes) => {
            let approval = approval(app, asked, wish);
            Ok(Looked::Question { name, client: Box::new(client), scopes, approval })
        }
        Err(problem) => Ok(Looked::Refusal(told(app, wish, &[("error", problem.as_str())]))),
    }
}

/// Gives the code, or tells the app that the person does not agree; answers where to send the browser. The approval proves
/// that this person saw this question in this session.
pub(crate) async fn authorize(
    app: &App,
    cx: &Cx,
    asked: Asked,
    wish: &Wish,
    (shown, agreed): (&str, bool),
) -> Result<SecretString> {
    if cx.flags.credential != Credential::Session {
        return Err(Error::SessionWanted);
    }
    let looked = show_authorization(app, cx, asked, wish).await?;
    let (name, scopes, approval) = match looked {
        Looked::Question { name, scopes, approval, .. } => (name, scopes, approval),
        Looked::Refusal(address) => return Ok(address.into()),
    };
    let expected = approval.expose_secret().as_bytes();
    if aws_lc_rs::constant_time::verify_slices_are_equal(expected, shown.as_bytes()).is_err() {
        return Err(Error::NotAsked);
    }
    if !agreed {
        let problem = OAuthProblem::AccessDenied.as_str();
        return Ok(told(app, wish, &[("error", problem)]).into());
    }
    let code = keep_code(app, cx, asked, wish, name, &scopes).await?;
    Ok(told(app, wish, &[("code", code.expose())]).into())
}

async fn keep_code(
    app: &App,
    cx: &Cx,
    asked: Asked,
    wish: &Wish,
    name: ClientName,
    scopes: &[String],
) -> Result<Code> {
    let mut random = [0; 32];
    rand::fill(&mut random).map_err(|_| Error::Hashing("the system gives no randomness".into()))?;
    let (code, now) = (Code::of(name.tenant, &random), app.clock.now());
    let kept = KeptCode {
        client_id: name.client_id,
        user_id: asked.user_id,
        session_id: asked.session_id,
        redirect_uri: wish.redirect_uri.clone(),
        challenge: challenge(&wish.challenge).ok_or(Error::OAuth(OAuthProblem::InvalidRequest))?,
        scope: scopes.join(" "),
        nonce: wish.nonce.clone(),
        created_at: now,
        expires_at: now.after(LIFE),
        used_at: None,
        family_id: None,
    };
    let mut tx = app.db.tenant(name.tenant, "authorize").await?;
    let session = store::session(&mut tx, asked.user_id, asked.session_id).await?;
    if session.is_none_or(|session| session.standing(now) != Standing::Good) {
        return Err(Error::SessionEnded);
    }
    store::insert_code(&mut tx, &code, &kept).await?;
    let target = format!("oauth_client:{}", name.client_id);
    bus::audit(&mut tx, cx, "oauth.authorize", &target).await?;
    tx.commit().await?;
    Ok(code)
}

/// The app, and that the address is its own.
async fn find(app: &App, wish: &Wish) -> Result<(ClientName, OAuthClient)> {
    let unknown = || Error::OAuthClientNotFound;
    let name = ClientName::parse(&wish.client_id).ok_or_else(unknown)?;
    let mut tx = app.db.tenant(name.tenant, "find_oauth_client").await?;
    let client = store::oauth_client(&mut tx, name.client_id).await?.ok_or_else(unknown)?;
    tx.commit().await?;
    if client.ended_at.is_some() {
        return Err(unknown());
    }
    if !client.redirect_uris.contains(&wish.redirect_uri) {
        return Err(Error::RedirectUnknown);
    }
    Ok((name, client))
}

/// The scopes that are asked for, where the wish is one that can be granted.
fn read(wish: &Wish, client: &OAuthClient) -> Result<Vec<String>, OAuthProblem> {
    if wish.response_type != "code" {
        return Err(OAuthProblem::UnsupportedResponseType);
    }
    let is_bound = wish.challenge_method == "S256" && challenge(&wish.challenge).is_some();
    let is_short = wish.state.len() <= 1_000 && wish.nonce.len() <= 255;
    if !is_bound || !is_short {
        return Err(OAuthProblem::InvalidRequest);
    }
    let scopes = client.admits(&wish.scope).ok_or(OAuthProblem::InvalidScope)?;
    if scopes.is_empty() { Err(OAuthProblem::InvalidScope) } else { Ok(scopes) }
}

/// Stands for one question to one person in one session.
fn approval(app: &App, asked: Asked, wish: &Wish) -> SecretString {
    let ids = [asked.user_id.to_string(), asked.session_id.to_string()];
    let parts = [
        ids[0].as_str(),
        &ids[1],
        &wish.client_id,
        &wish.redirect_uri,
        &wish.scope,
        &wish.state,
        &wish.nonce,
        &wish.challenge,
    ];
    let mut subject = Vec::new();
    for part in parts {
        // With its length, so that no two questions read alike.
        subject.extend_from_slice(&u64::try_from(part.len()).unwrap_or_default().to_be_bytes());
        subject.extend_from_slice(part.as_bytes());
    }
    app.vault.derive(APPROVAL_KEY).token(&subject)
}

/// The app's address with what it is told, its state, and who says so (RFC 9207).
fn told(app: &App, wish: &Wish, pairs: &[(&str, &str)]) -> String {
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
