//! Every failure as a page.

use askama::Template;
use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use gateway::Problem;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tonic::Status;

use crate::{
    guest::Wants,
    page::{Shell, page, redirect},
};

/// Where htmx goes when a part of a page cannot be renewed.
const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody is signed in.
    SignIn {
        /// The sign-in page.
        address: String,
        /// What was asked for.
        wants: Wants,
        /// The cookie that leads back afterwards.
        back: HeaderValue,
    },
    /// What the gateway or a service refused.
    Problem(Problem),
}

#[derive(Template)]
#[template(path = "failure.html")]
struct Page<'a> {
    shell: Shell,
    status: u16,
    title: &'a str,
    detail: &'a str,
}

impl Failure {
    /// There is no such page.
    pub(crate) fn nothing_here() -> Self {
        let detail = "There is nothing at this address.";
        Self::Problem(Problem::new(kernel::Code::NotFound, "unknown_page", detail))
    }
}

/// Answers whatever is neither a page nor an address of the API: a person gets a page, a program the gateway's problem.
pub(crate) async fn nothing_here(request: Request) -> Response {
    let is_api = request.uri().path().starts_with("/v1/");
    if is_api || !wants_page(request.headers()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    Failure::nothing_here().into_response()
}

fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Problem(Problem::of_refusal(&status))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn { address, wants: Wants::Page, back } => {
                let mut response = redirect(&address);
                response.headers_mut().append(header::SET_COOKIE, back);
                response
            }
            Self::SignIn { address, wants: Wants::Part, .. } => {
                let mut response = StatusCode::UNAUTHORIZED.into_response();
                set_text(&mut response, HX_REDIRECT, &address);
                set_text(&mut response, header::CONTENT_TYPE, "text/html; charset=utf-8");
                response
            }
            Self::Problem(problem) => show(&problem),
        }
    }
}

fn set_text(response: &mut Response, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        response.headers_mut().insert(name, value);
    }
}

fn show(problem: &Problem) -> Response {
    let status = problem.status();
    let title = match status {
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::FORBIDDEN => "Not for this account",
        StatusCode::TOO_MANY_REQUESTS => "Too many tries",
        StatusCode::UNAUTHORIZED => "Please sign in",
        status if status.is_server_error() => "Something went wrong on our side",
        _ => "That did not work",
    };
    let shell = Shell::plain(title);
    let mut response =
        page(status, &Page { shell, status: status.as_u16(), title, detail: problem.detail() });
    if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS {
        set_text(&mut response, header::RETRY_AFTER, "1");
    }
    response
}
