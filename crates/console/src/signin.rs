//! The sign-in page, and signing out.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use gateway::{Front, Problem, Scheme, Visitor, onward_cookie, session_cookie, waiting_cookie};
use http::{HeaderValue, StatusCode, header};
use kernel::{Code, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use wire::{
    Mesh,
    auth::v1::{
        CreateSessionRequest, EndSessionRequest, Session, SsoChoice,
        sessions_client::SessionsClient,
    },
};

use crate::{
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Shell, page, redirect},
    sso,
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
    /// Providers of the tenant that people may sign in by.
    choices: Vec<SsoChoice>,
}

/// Shows the form; whoever is signed in already goes on.
pub(crate) async fn form(State(mesh): State<Mesh>, guest: Guest) -> Response {
    if guest.is_signed_in() {
        return redirect(&guest.at("/"));
    }
    let choices = sso::choices(&mesh, &guest).await;
    let shell = Shell::of(&guest, "Sign in");
    page(StatusCode::OK, &Page { shell, email: "", problem: None, choices })
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
        Ok(session) => enter(&guest, session.into_inner()),
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
    match visitor {
        Ok(visitor) => {
            let sent = redirect(&format!("{}/signin", visitor.prefix));
            leave(&mesh, &front, &visitor, sent).await
        }
        Err(_) => forget_session(redirect("/signin")),
    }
}

/// Ends the visitor's session, also where this tenant does not let them in, and answers so that the browser forgets it.
pub(crate) async fn leave(
    mesh: &Mesh,
    front: &Front,
    visitor: &Visitor,
    sent: Response,
) -> Result<Response, Failure> {
    if let Some(cx) = front.holder(visitor).await? {
        let call = wire::call(&cx, EndSessionRequest {});
        SessionsClient::new(mesh.to("auth")).end_session(call).await?;
    }
    front.forget(visitor);
    forget_session(sent)
}

/// Has the browser forget its session.
pub(crate) fn forget_session(mut response: Response) -> Result<Response, Failure> {
    for scheme in [Scheme::Https, Scheme::Http] {
        let cleared = session_cookie(scheme, &SecretString::default(), 0)?;
        response.headers_mut().append(header::SET_COOKIE, cleared);
    }
    Ok(response)
}

/// Gives the browser its session and shows it the way in, or where to show the second factor first.
pub(crate) fn enter(guest: &Guest, session: Session) -> Result<Response, Failure> {
    let ends = wire::instant(session.expires_at.as_ref());
    if !session.second_factor_required {
        return enter_with(guest, &session.token.into(), ends, "/");
    }
    let cookie = waiting_cookie(guest.visitor().scheme, &session.token.into(), left(guest, ends))?;
    let mut response = redirect(&guest.at("/signin/factor"));
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Gives the browser the session of a token, and shows it a page: where that is the first one, the page that was asked for
/// before anybody was signed in.
pub(crate) fn enter_with(
    guest: &Guest,
    token: &SecretString,
    ends: Option<Timestamp>,
    page: &str,
) -> Result<Response, Failure> {
    let cookie: HeaderValue = session_cookie(guest.visitor().scheme, token, left(guest, ends))?;
    let onward = guest.onward().filter(|_| page.ends_with('/'));
    let mut response = redirect(&onward.map_or_else(|| guest.at(page), str::to_owned));
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    if onward.is_some() {
        let led = onward_cookie(guest.visitor().scheme, None)?;
        response.headers_mut().append(header::SET_COOKIE, led);
    }
    Ok(response.into_response())
}

/// Seconds until then, at least one.
pub(crate) fn left(guest: &Guest, ends: Option<Timestamp>) -> u64 {
    ends.map_or(0, |ends| ends.since(guest.now()).as_secs()).max(1)
}

/// The form again, with what is wrong.
pub(crate) fn show(
    guest: &Guest,
    status: StatusCode,
    email: &str,
    problem: Option<&str>,
) -> Response {
    let shell = Shell::of(guest, "Sign in");
    page(status, &Page { shell, email, problem, choices: Vec::new() })
}
