//! Asks a person whether an app may act for them (OAuth 2.1, the authorization endpoint).

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use wire::{
    Mesh,
    auth::v1::{
        Authorization, AuthorizeRequest, ShowAuthorizationRequest, o_auth_client::OAuthClient,
    },
};

use crate::{
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Said, Shell, page, redirect, say},
};

/// An app's wish, as it stands in the address and again in the form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wish {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    scope: String,
    state: String,
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    #[serde(flatten)]
    wish: Wish,
    approval: String,
    answer: String,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct Page<'a> {
    shell: Shell,
    wish: &'a Wish,
    asked: &'a Authorization,
}

impl From<&Wish> for ShowAuthorizationRequest {
    fn from(wish: &Wish) -> Self {
        let wish = wish.clone();
        Self {
            response_type: wish.response_type,
            client_id: wish.client_id,
            redirect_uri: wish.redirect_uri,
            scope: wish.scope,
            state: wish.state,
            nonce: wish.nonce,
            code_challenge: wish.code_challenge,
            code_challenge_method: wish.code_challenge_method,
        }
    }
}

/// Asks whoever is signed in; looking grants nothing.
pub(crate) async fn ask(
    State(mesh): State<Mesh>,
    guest: Guest,
    Query(wish): Query<Wish>,
) -> Result<Response, Failure> {
    if !guest.is_signed_in() {
        let said = Said {
            title: "Sign in first",
            text: "An app wants to act for you. Sign in, then begin again at the app.",
            action: Some(("/signin", "Sign in")),
        };
        return Ok(say(&guest, StatusCode::UNAUTHORIZED, &said));
    }
    let asked = wire::call(guest.cx(), ShowAuthorizationRequest::from(&wish));
    let asked = OAuthClient::new(mesh.to("auth")).show_authorization(asked).await?.into_inner();
    if !asked.refusal_uri.is_empty() {
        return Ok(redirect(&asked.refusal_uri));
    }
    let shell = Shell::of(&guest, "An app asks");
    let mut response = page(StatusCode::OK, &Page { shell, wish: &wish, asked: &asked });
    let policy = format!(
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
         form-action 'self' {}; frame-ancestors 'none'",
        origin(&wish.redirect_uri)
    );
    // A browser holds the form to its policy also where our answer sends it on.
    let policy =
        HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

/// Takes the person's answer back to the app. The form of another site, and one that was shown to somebody else, count for
/// nothing.
pub(crate) async fn answer(
    State(mesh): State<Mesh>,
    guest: Guest,
    Fields(answer): Fields<Answer>,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let request = AuthorizeRequest {
        wish: Some((&answer.wish).into()),
        approval: answer.approval,
        agreed: answer.answer == "yes",
    };
    let sent = OAuthClient::new(mesh.to("auth")).authorize(wire::call(guest.cx(), request)).await?;
    Ok(redirect(&sent.get_ref().redirect_uri))
}

/// Scheme and host of an address that `auth` knows.
fn origin(uri: &str) -> &str {
    let Some((scheme, rest)) = uri.split_once("://") else { return "" };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    &uri[..scheme.len() + 3 + host.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_where_the_browser_is_sent() {
        assert_eq!(origin("https://a.example:8443/cb?x=1"), "https://a.example:8443");
        assert_eq!(origin("http://localhost?x"), "http://localhost");
        assert_eq!(origin("nonsense"), "");
    }
}
