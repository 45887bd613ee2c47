//! Signing out where an app wants it (OpenID RP-Initiated Logout 1.0).

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use gateway::{Front, Problem};
use http::StatusCode;
use kernel::{Actor, Code, Cx};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use wire::{
    Mesh,
    auth::v1::{Logout, ReadLogoutRequest, logouts_client::LogoutsClient},
};

use crate::{
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Said, Shell, leading_to, page, redirect, say},
    signin::{forget_session, leave},
};

/// Longer wishes are none.
const LONGEST: usize = 8_000;

/// The app's wish, as it stands in the address and again in the form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wish {
    id_token_hint: SecretString,
    client_id: String,
    post_logout_redirect_uri: String,
    state: String,
}

#[derive(Template)]
#[template(path = "logout.html")]
struct Page<'a> {
    shell: Shell,
    wish: &'a Wish,
    asked: &'a Logout,
}

/// Takes the wish that an app has the browser send by a form of its own: other sites' forms bring no session, so the
/// browser is to ask once more.
pub(crate) async fn take(body: String) -> Result<Response, Failure> {
    if body.len() > LONGEST || !body.bytes().all(|byte| byte.is_ascii_graphic()) {
        let detail = "The app's wish is malformed.";
        return Err(Problem::new(Code::Invalid, "bad_form", detail).into());
    }
    Ok(redirect(&format!("?{body}")))
}

/// Signs out at once where the app shows that it is about this very session; asks otherwise.
pub(crate) async fn ask(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    Query(wish): Query<Wish>,
) -> Result<Response, Failure> {
    let asked = read(&mesh, &guest, &wish).await?;
    let holder = front.holder(guest.visitor()).await?;
    let Some(Actor::User { session, .. }) = holder.map(|cx| cx.actor) else {
        // Whoever is not signed in has nothing to be asked about. A session shows itself at the host alone where it began.
        return match asked.session_lives {
            true => Ok(elsewhere(&guest)),
            false => forget_session(after(&guest, &asked)),
        };
    };
    if asked.session_id == session.to_string() {
        return leave(&mesh, &front, guest.visitor(), after(&guest, &asked)).await;
    }
    let shell = Shell::of(&guest, "Sign out");
    let response = page(StatusCode::OK, &Page { shell, wish: &wish, asked: &asked });
    Ok(leading_to(response, &asked.redirect_uri))
}

/// The person wants it too. The form of another site counts for nothing.
pub(crate) async fn confirm(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    Fields(wish): Fields<Wish>,
) -> Result<Response, Failure> {
    let asked = read(&mesh, &guest, &wish).await?;
    leave(&mesh, &front, guest.visitor(), after(&guest, &asked)).await
}

async fn read(mesh: &Mesh, guest: &Guest, wish: &Wish) -> Result<Logout, Failure> {
    // Asked for the gateway itself: about a wish, not for a person, and for no tenant.
    let asking = Cx { tenant: None, passport: None, ..guest.cx().clone() };
    let request = ReadLogoutRequest {
        id_token_hint: wish.id_token_hint.expose_secret().into(),
        client_id: wish.client_id.clone(),
        post_logout_redirect_uri: wish.post_logout_redirect_uri.clone(),
        state: wish.state.clone(),
    };
    let call = wire::call(&asking, request);
    Ok(LogoutsClient::new(mesh.to("auth")).read_logout(call).await?.into_inner())
}

/// Back to the app, where it said where.
fn after(guest: &Guest, asked: &Logout) -> Response {
    if !asked.redirect_uri.is_empty() {
        return redirect(&asked.redirect_uri);
    }
    let said = Said {
        title: "You are signed out",
        text: "Close this page, or sign in again.",
        action: Some(("/signin", "Sign in")),
    };
    say(guest, StatusCode::OK, &said)
}

/// The session in question goes on, and is not this browser's at this host.
fn elsewhere(guest: &Guest) -> Response {
    let said = Said {
        title: "You are still signed in",
        text: "This address knows no session of yours. Open the address where you signed in, and sign out there.",
        action: None,
    };
    say(guest, StatusCode::CONFLICT, &said)
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    #[tokio::test]
    async fn a_wish_sent_by_a_form_is_asked_again_in_the_address() {
        let asked = take("client_id=a&state=b%20c".into()).await.expect("asks again");
        assert_eq!(asked.headers()[header::LOCATION], "?client_id=a&state=b%20c");
        for bad in ["a b".to_owned(), "a\nb".to_owned(), "a".repeat(LONGEST + 1)] {
            assert!(take(bad).await.is_err());
        }
    }
}
