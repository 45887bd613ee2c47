//! Asking for a link that sets a new password. Whether the address is known is not told.

use askama::Template;
use axum::{extract::State, response::Response};
use gateway::Front;
use http::{HeaderMap, StatusCode};
use kernel::Code;
use serde::Deserialize;
use wire::{
    Mesh,
    auth::v1::{AskPasswordResetRequest, letters_client::LettersClient},
};

use crate::{
    captcha::{Captcha, Given},
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Said, Shell, page, say},
    words::Words,
};

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Forgot {
    email: String,
    #[serde(flatten)]
    proof: Given,
}

/// What the form is for, as the API calls it.
const OPERATION: &str = "auth.Letters.AskPasswordReset";

#[derive(Template)]
#[template(path = "forgot.html")]
struct Page<'a> {
    shell: Shell,
    captcha: &'a Captcha,
    email: &'a str,
    problem: Option<&'a str>,
}

/// Shows the form.
pub(crate) async fn form(State(mesh): State<Mesh>, guest: Guest) -> Result<Response, Failure> {
    let captcha = Captcha::of(&mesh, &guest, OPERATION).await?;
    Ok(show(&guest, &captcha, StatusCode::OK, "", None))
}

/// Asks for the letter, and says the same for every address.
pub(crate) async fn ask(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
    Fields(fields): Fields<Forgot>,
) -> Result<Response, Failure> {
    front.charge_login(guest.visitor())?;
    let captcha = Captcha::of(&mesh, &guest, OPERATION).await?;
    if let Some(problem) = fields.proof.prove(&front, &guest, OPERATION).await? {
        return Ok(show(&guest, &captcha, StatusCode::FORBIDDEN, &fields.email, Some(problem)));
    }
    let request = AskPasswordResetRequest {
        email: fields.email.clone(),
        locale: Words::of_browser(&headers).lang.into(),
    };
    let asked = LettersClient::new(mesh.to("auth"))
        .ask_password_reset(wire::call(guest.cx(), request))
        .await;
    let Err(status) = asked else {
        return Ok(say(
            &guest,
            StatusCode::OK,
            &Said {
                title: "Look into your mail",
                text: "If this address signs somebody in, a letter is on its way to it. Its link works for 30 minutes.",
                action: None,
            },
        ));
    };
    match wire::code_of(&status).code {
        Code::Invalid => {
            let problem = Some("This is no e-mail address.");
            Ok(show(&guest, &captcha, StatusCode::BAD_REQUEST, &fields.email, problem))
        }
        _ => Err(status.into()),
    }
}

fn show(
    guest: &Guest,
    captcha: &Captcha,
    status: StatusCode,
    email: &str,
    problem: Option<&str>,
) -> Response {
    let shell = Shell::of(guest, "New password");
    captcha.dress(page(status, &Page { shell, captcha, email, problem }))
}
