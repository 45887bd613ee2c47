//! The first administrator's form, at the link that `usher setup` prints.

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
use tonic::Status;
use wire::{
    Mesh,
    user::v1::{FinishSetupRequest, ShowSetupRequest, setups_client::SetupsClient},
};

use crate::{
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Said, Shell, page, say},
};

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(crate) struct First {
    email: String,
    repeated_email: String,
    name: String,
    password: SecretString,
    repeated: SecretString,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct Page<'a> {
    shell: Shell,
    email: &'a str,
    name: &'a str,
    problem: Option<&'a str>,
}

/// Shows the form; whoever only opens the link uses nothing up.
pub(crate) async fn form(
    State(mesh): State<Mesh>,
    Path(token): Path<SecretString>,
    front: Front,
    guest: Guest,
) -> Result<Response, Failure> {
    front.charge_opening(guest.visitor())?;
    let request = ShowSetupRequest { token: token.expose_secret().to_owned() };
    let shown =
        SetupsClient::new(mesh.to("user")).show_setup(wire::call(guest.cx(), request)).await;
    match shown {
        Ok(_) => Ok(show(&guest, StatusCode::OK, ("", ""), None)),
        Err(status) => closed(&guest, status),
    }
}

/// Makes the administrator.
pub(crate) async fn finish(
    State(mesh): State<Mesh>,
    Path(token): Path<SecretString>,
    front: Front,
    guest: Guest,
    Fields(fields): Fields<First>,
) -> Result<Response, Failure> {
    front.charge_login(guest.visitor())?;
    let typed = (fields.email.as_str(), fields.name.as_str());
    // Whoever has the mailbox can have the password replaced: a slip would give the platform to a stranger.
    if fields.email.trim() != fields.repeated_email.trim() {
        let problem = Some("The two addresses differ.");
        return Ok(show(&guest, StatusCode::BAD_REQUEST, typed, problem));
    }
    if fields.password.expose_secret() != fields.repeated.expose_secret() {
        let problem = Some("The two passwords differ.");
        return Ok(show(&guest, StatusCode::BAD_REQUEST, typed, problem));
    }
    let request = FinishSetupRequest {
        token: token.expose_secret().to_owned(),
        email: fields.email.clone(),
        name: fields.name.clone(),
        password: fields.password.expose_secret().to_owned(),
    };
    let finished =
        SetupsClient::new(mesh.to("user")).finish_setup(wire::call(guest.cx(), request)).await;
    let Err(status) = finished else {
        let text = format!(
            "Sign in with {} and the password. Look at the address once more: whoever has its mailbox can replace the password. Then set up a second factor under Account.",
            fields.email.trim()
        );
        return Ok(say(
            &guest,
            StatusCode::OK,
            &Said {
                title: "You administer this platform",
                text: &text,
                action: Some(("/signin", "Sign in")),
            },
        ));
    };
    let refusal = wire::code_of(&status);
    match refusal.fields.first() {
        Some(fault) => {
            let problem = format!("The {} {}.", word(&fault.field), fault.problem);
            Ok(show(&guest, StatusCode::BAD_REQUEST, typed, Some(&problem)))
        }
        None => closed(&guest, status),
    }
}

/// What the form calls a field.
fn word(field: &str) -> &str {
    match field {
        "email" => "address",
        other => other,
    }
}

/// Says why the link makes nobody an administrator.
fn closed(guest: &Guest, status: Status) -> Result<Response, Failure> {
    let refusal = wire::code_of(&status);
    let (code, text) = match (refusal.code, refusal.reason.as_str()) {
        (Code::Gone, "setup_link_used") => {
            (StatusCode::GONE, "It was used: this platform has its administrator.")
        }
        (Code::Gone, _) => (
            StatusCode::GONE,
            "It is older than a day. Run `usher setup` on the machine for a new one.",
        ),
        (Code::Conflict, "platform_administered") => (
            StatusCode::CONFLICT,
            "This platform has an administrator already. Ask them to make your account.",
        ),
        (Code::NotFound, "setup_link_not_found") => (
            StatusCode::NOT_FOUND,
            "It is incomplete, or a newer one was printed. Open that one, or run `usher setup` again.",
        ),
        _ => return Err(status.into()),
    };
    let said = Said {
        title: "This link does not work any more",
        text,
        action: Some(("/signin", "Sign in")),
    };
    Ok(say(guest, code, &said))
}

fn show(
    guest: &Guest,
    status: StatusCode,
    (email, name): (&str, &str),
    problem: Option<&str>,
) -> Response {
    let shell = Shell::of(guest, "Set up Usher");
    page(status, &Page { shell, email, name, problem })
}
