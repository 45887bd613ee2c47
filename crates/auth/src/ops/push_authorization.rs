//! Keeps what an app is going to ask a person for (RFC 9126).

use aws_lc_rs::rand;
use kernel::Cx;

use super::{
    prove_client::{ClientProof, prove_client},
    read_wish::{Wish, read},
};
use crate::{
    App, Error, Result,
    domain::{OAuthClient, OAuthProblem, Pushed, RequestUri, SHOWN},
    store,
};

/// So much that an app without a secret pushed may be shown at once: anybody pushes in its name.
const MOST_UNPROVEN: i64 = 1_000;

/// Keeps the wish of an app that has proven which one it is, where it could be granted; the name under which it is shown,
/// and for how many seconds.
pub(crate) async fn push_authorization(
    app: &App,
    cx: &Cx,
    proof: &ClientProof,
    wish: &Wish,
) -> Result<(RequestUri, i32)> {
    let (name, client) = prove_client(app, cx, proof).await?;
    if !client.redirect_uris.contains(&wish.redirect_uri) || wish.is_pushed() {
        return Err(Error::OAuth(OAuthProblem::InvalidRequest));
    }
    let client = OAuthClient { require_pushed: false, ..client };
    let (scopes, _) = read(wish, &client).map_err(Error::OAuth)?;
    let mut random = [0; 32];
    rand::fill(&mut random).map_err(|_| Error::Hashing("the system gives no randomness".into()))?;
    let (uri, now) = (RequestUri::of(&random), app.clock.now());
    let pushed = Pushed {
        client_id: name.client_id,
        redirect_uri: wish.redirect_uri.clone(),
        // Each once: how often a word stood there is nothing to keep.
        scope: scopes.join(" "),
        state: wish.state.clone(),
        nonce: wish.nonce.clone(),
        challenge: wish.challenge.clone(),
        prompt: wish.prompt.clone(),
        created_at: now,
        expires_at: now.after(SHOWN),
        used_at: None,
    };
    let mut tx = app.db.tenant(name.tenant, "push_authorization").await?;
    if !client.is_confidential()
        && store::lock_open_pushed(&mut tx, name.client_id, now).await? >= MOST_UNPROVEN
    {
        return Err(Error::Busy);
    }
    store::insert_pushed(&mut tx, &uri, &pushed).await?;
    tx.commit().await?;
    Ok((uri, i32::try_from(SHOWN.as_secs()).unwrap_or_default()))
}
