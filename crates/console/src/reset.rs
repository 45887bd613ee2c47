//! Setting a new password by a link in the mail. Opening the link uses nothing up; only the form does.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use gateway::Front;
use http::StatusCode;
use kernel::Code;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use wire::{
    Mesh, Refusal,
    auth::v1::{ResetPasswordRequest, letters_client::LettersClient},
};

use crate::{
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Said, Shell, page, say},
};

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Reset {
    password: SecretString,
    repeated: SecretString,
}

#[derive(Template)]
#[template(path = "reset.html")]
struct Page<'a> {
    shell: Shell,
    problem: Option<&'a str>,
}

/// Shows the form, to whoever opens any link: a mail scanner learns and changes nothing.
pub(crate) async fn form(guest: Guest) -> Response {
    show(&guest, StatusCode::OK, None)
}

/// Sets the password.
pub(crate) async fn reset(
    State(mesh): State<Mesh>,
    Path(token): Path<SecretString>,
    front: Front,
    guest: Guest,
    Fields(fields): Fields<Reset>,
) -> Result<Response, Failure> {
    front.charge_login(guest.visitor())?;
    if fields.password.expose_secret() != fields.repeated.expose_secret() {
        return Ok(show(&guest, StatusCode::BAD_REQUEST, Some("The two passwords differ.")));
    }
    let request = ResetPasswordRequest {
        token: token.expose_secret().to_owned(),
        new_password: fields.password.expose_secret().to_owned(),
    };
    let set =
        LettersClient::new(mesh.to("auth")).reset_password(wire::call(guest.cx(), request)).await;
    let Err(status) = set else {
        return Ok(say(
            &guest,
            StatusCode::OK,
            &Said {
                title: "The password is set",
                text: "All sessions have ended. Sign in with the new password.",
                action: Some(("/signin", "Sign in")),
            },
        ));
    };
    let refusal = wire::code_of(&status);
    match refusal.code {
        Code::Gone | Code::NotFound => Ok(say(
            &guest,
            StatusCode::GONE,
            &Said {
                title: "This link does not work any more",
                text: "It was used, a newer one was, or it is too old. Ask for a new letter.",
                action: Some(("/forgot", "Ask for a new letter")),
            },
        )),
        Code::Invalid => Ok(show(&guest, StatusCode::BAD_REQUEST, Some(&words(&refusal)))),
        _ => Err(status.into()),
    }
}

/// What is wrong with the new password.
pub(crate) fn words(refusal: &Refusal) -> String {
    let fault = refusal.fields.iter().find(|fault| fault.field == "newPassword");
    fault.map_or_else(
        || "This password cannot be used; choose another.".into(),
        |fault| format!("The new password {}.", fault.problem),
    )
}

fn show(guest: &Guest, status: StatusCode, problem: Option<&str>) -> Response {
    page(status, &Page { shell: Shell::of(guest, "New password"), problem })
}
