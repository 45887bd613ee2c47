//! Reads an app's wish that its person signs out (OpenID RP-Initiated Logout 1.0, section 2).

use kernel::{SessionId, TenantId};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded::byte_serialize;
use wire::tokens::open;

use super::read_wish::find_client;
use crate::{
    App, Error, Result,
    domain::{ClientName, ID_TOKEN, OAuthClient, OAuthProblem, OwnIdClaims, Standing},
    store,
};

/// Longer states are none.
const LONGEST_STATE: usize = 1_000;

/// The wish, as it stands in the address.
#[derive(Debug)]
pub(crate) struct ReadLogout {
    pub(crate) hint: SecretString,
    /// Empty where the hint alone says it.
    pub(crate) client: String,
    /// Empty for nowhere.
    pub(crate) redirect_uri: String,
    pub(crate) state: String,
}

/// What the wish comes to.
#[derive(Debug, Default)]
pub(crate) struct LogoutWish {
    /// Who asks, where anything says so.
    pub(crate) client: Option<(ClientName, OAuthClient)>,
    /// The session of a hint that we have signed, however long ago.
    pub(crate) session_id: Option<SessionId>,
    /// Whether it goes on.
    pub(crate) session_lives: bool,
    pub(crate) redirect_uri: Option<String>,
}

/// Reads it; nothing ends. No browser is sent but where a known app is known to the letter.
pub(crate) async fn read_logout(app: &App, wish: &ReadLogout) -> Result<LogoutWish> {
    let hint = read_hint(app, &wish.hint).await?;
    let named = match (&hint, wish.client.as_str()) {
        (Some(hint), "") => hint.aud.as_str(),
        (Some(hint), said) if said != hint.aud => {
            return Err(Error::OAuth(OAuthProblem::InvalidRequest));
        }
        (_, said) => said,
    };
    let session_id = hint.as_ref().map(|hint| hint.sid);
    let session_lives = match &hint {
        Some(hint) => lives(app, hint).await?,
        None => false,
    };
    let client = match named {
        "" => None,
        name => Some(find_client(app, name).await?),
    };
    let redirect_uri = match (wish.redirect_uri.as_str(), &client) {
        ("", _) => None,
        (uri, Some((_, client))) if knows(client, uri) => Some(told(uri, &wish.state)?),
        _ => return Err(Error::RedirectUnknown),
    };
    Ok(LogoutWish { client, session_id, session_lives, redirect_uri })
}

/// What an ID token of ours says; its time does not matter.
async fn read_hint(app: &App, hint: &SecretString) -> Result<Option<OwnIdClaims>> {
    if hint.expose_secret().is_empty() {
        return Ok(None);
    }
    let keys = app.signer.public(app).await?;
    let read = open::<OwnIdClaims>(hint.expose_secret(), ID_TOKEN, &keys).ok();
    Ok(read.filter(|claims| claims.iss == app.public_url))
}

async fn lives(app: &App, hint: &OwnIdClaims) -> Result<bool> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "find_session").await?;
    let session = store::session(&mut tx, hint.sub, hint.sid).await?;
    tx.commit().await?;
    Ok(session.is_some_and(|session| session.standing(app.clock.now()) == Standing::Good))
}

fn knows(client: &OAuthClient, uri: &str) -> bool {
    client.post_logout_redirect_uris.iter().any(|known| known == uri)
}

/// The app's address with its state.
fn told(uri: &str, state: &str) -> Result<String> {
    if state.len() > LONGEST_STATE {
        return Err(Error::OAuth(OAuthProblem::InvalidRequest));
    }
    if state.is_empty() {
        return Ok(uri.to_owned());
    }
    let join = if uri.contains('?') { '&' } else { '?' };
    let state: String = byte_serialize(state.as_bytes()).collect();
    Ok(format!("{uri}{join}state={state}"))
}
