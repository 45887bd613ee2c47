//! The sign-in page, and signing out.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use gateway::{Front, Problem, Scheme, Visitor, session_cookie};
use http::{HeaderValue, StatusCode, header};
use kernel::{Code, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use wire::{
    Mesh,
    auth::v1::{CreateSessionRequest, EndSessionRequest, sessions_client::SessionsClient},
};

use crate::{
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Shell, page, redirect},
};

/// What the sign-in form sends.
#[derive(Debug, Deserialize)]
pub(crate) struct SignIn {
    email: String,
    password: SecretString,
}

#[derive(Template)]
#[template(path = "signin.html")]
struct Page<'a> {
    shell: Shell,
    email: &'a str,
    problem: Option<&'a str>,
}

/// Shows the form; whoever is signed in already goes on.
pub(crate) async fn form(guest: Guest) -> Response {
    if guest.is_signed_in() {
        return redirect(&guest.at("/"));
    }
    show(&guest, StatusCode::OK, "", None)
}

/// Signs in: the session's token goes into a cookie that no script reads.
pub(crate) async fn sign_in(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    Fields(fields): Fields<SignIn>,
) -> Result<Response, Failure> {
    front.charge_login(guest.visitor())?;
    let request = CreateSessionRequest {
        email: fields.email.clone(),
        password: fields.password.expose_secret().to_owned(),
    };
    let made =
        SessionsClient::new(mesh.to("auth")).create_session(wire::call(guest.cx(), request)).await;
    match made {
        Ok(session) => {
            let session = session.into_inner();
            let ends = wire::instant(session.expires_at.as_ref());
            enter(&guest, &session.token.into(), ends)
        }
        Err(status) => {
            let refusal = wire::code_of(&status);
            let (status, words) = match refusal.code {
                Code::Unauthenticated | Code::Invalid | Code::NotFound => {
                    (StatusCode::UNAUTHORIZED, "E-mail and password do not fit together.")
                }
                Code::Exhausted => (
                    StatusCode::TOO_MANY_REQUESTS,
                    "Too many tries. Wait a little, then try again.",
                ),
                _ => return Err(status.into()),
            };
            Ok(show(&guest, status, &fields.email, Some(words)))
        }
    }
}

/// Signs out. Works also for a session that has ended, and for one that may not see this tenant.
pub(crate) async fn sign_out(
    State(mesh): State<Mesh>,
    front: Front,
    visitor: Result<Visitor, Problem>,
) -> Result<Response, Failure> {
    let mut prefix = String::new();
    if let Ok(visitor) = visitor {
        if visitor.cx.passport.is_some() {
            let call = wire::call(&visitor.cx, EndSessionRequest {});
            SessionsClient::new(mesh.to("auth")).end_session(call).await?;
        }
        front.forget(&visitor);
        prefix = visitor.prefix;
    }
    let mut response = redirect(&format!("{prefix}/signin"));
    for scheme in [Scheme::Https, Scheme::Http] {
        let cleared = session_cookie(scheme, &SecretString::default(), 0)?;
        response.headers_mut().append(header::SET_COOKIE, cleared);
    }
    Ok(response)
}

/// Gives the browser its session and shows it the way in.
pub(crate) fn enter(
    guest: &Guest,
    token: &SecretString,
    ends: Option<Timestamp>,
) -> Result<Response, Failure> {
    let seconds = ends.map_or(0, |ends| ends.since(guest.now()).as_secs()).max(1);
    let cookie: HeaderValue = session_cookie(guest.visitor().scheme, token, seconds)?;
    let mut response = redirect(&guest.at("/"));
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response.into_response())
}

fn show(guest: &Guest, status: StatusCode, email: &str, problem: Option<&str>) -> Response {
    page(status, &Page { shell: Shell::of(guest, "Sign in"), email, problem })
}
