//! Asks a person whether an app may act for them (OAuth 2.1, the authorization endpoint).

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
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
    page::{Shell, leading_to, page, redirect},
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
    request_uri: SecretString,
    prompt: String,
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
    /// Where it is going to act.
    workspace: Option<String>,
}

impl Wish {
    /// The name of what the app pushed, for the form.
    fn pushed(&self) -> &str {
        self.request_uri.expose_secret()
    }
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
            request_uri: wish.request_uri.expose_secret().to_owned(),
            prompt: wish.prompt,
        }
    }
}

/// Asks whoever is signed in, unless they have agreed before. Looking grants nothing but what was agreed to.
pub(crate) async fn ask(
    State(mesh): State<Mesh>,
    guest: Guest,
    Query(wish): Query<Wish>,
) -> Result<Response, Failure> {
    let asked = wire::call(guest.cx(), ShowAuthorizationRequest::from(&wish));
    let looked = OAuthClient::new(mesh.to("auth")).show_authorization(asked).await;
    if !guest.is_signed_in() {
        // Only an app that wants nobody to be asked is told so; whatever else is wrong waits until somebody is signed in.
        if let Ok(told) = &looked
            && !told.get_ref().refusal_uri.is_empty()
        {
            return Ok(redirect(&told.get_ref().refusal_uri));
        }
        return Err(guest.to_sign_in()?);
    }
    let asked = looked?.into_inner();
    if !asked.refusal_uri.is_empty() {
        return Ok(redirect(&asked.refusal_uri));
    }
    if asked.remembered {
        let wish = Some((&wish).into());
        let request = AuthorizeRequest { wish, approval: asked.approval, agreed: true };
        let request = wire::call(guest.cx(), request);
        let sent = OAuthClient::new(mesh.to("auth")).authorize(request).await?;
        return Ok(redirect(&sent.get_ref().redirect_uri));
    }
    let shell = Shell::of(&guest, "An app asks");
    let workspace = guest.name_of(&asked.tenant_id);
    let response = page(StatusCode::OK, &Page { shell, wish: &wish, asked: &asked, workspace });
    Ok(leading_to(response, &asked.redirect_uri))
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
