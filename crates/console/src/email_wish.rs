//! A person asks for another address, sees how far that is, and takes it back. Looking changes nothing; both addresses
//! confirm by the links in their letters.

use askama::Template;
use axum::{extract::State, response::Response};
use gateway::Front;
use http::StatusCode;
use kernel::Code;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use wire::{
    Mesh, Refusal,
    user::v1::{
        EmailChange, GetEmailChangeRequest, RequestEmailChangeRequest, WithdrawEmailChangeRequest,
        email_changes_client::EmailChangesClient,
    },
};

use crate::{
    factor::prove_first,
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Shell, page as answer, redirect},
    show::moment,
};

/// What the form sends; no password where the person has none.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    email: String,
    password: SecretString,
}

#[derive(Template)]
#[template(path = "email_wish.html")]
struct Page<'a> {
    shell: Shell,
    /// The wish that waits for confirmations.
    pending: Option<Pending>,
    /// What became of the last one.
    ended: Option<&'a str>,
    /// What was typed, to be mended.
    email: &'a str,
    problem: Option<&'a str>,
}

/// A wish as the page shows it.
struct Pending {
    old_email: String,
    new_email: String,
    until: String,
    old_confirmed: bool,
    new_confirmed: bool,
}

/// Shows the page.
pub(crate) async fn page(State(mesh): State<Mesh>, guest: Guest) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    show(&mesh, &guest, StatusCode::OK, "", None).await
}

/// Asks for the address.
pub(crate) async fn ask(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    Fields(fields): Fields<Wish>,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    front.charge_login(guest.visitor())?;
    let request = RequestEmailChangeRequest {
        new_email: fields.email.clone(),
        password: fields.password.expose_secret().to_owned(),
        ..RequestEmailChangeRequest::default()
    };
    let asked = EmailChangesClient::new(mesh.to("user"))
        .request_email_change(wire::call(guest.cx(), request))
        .await;
    let Err(status) = asked else {
        return Ok(redirect(&guest.at("/account/email")));
    };
    let Some(problem) = problem_of(&wire::code_of(&status)) else {
        return prove_first(&guest, status);
    };
    show(&mesh, &guest, StatusCode::BAD_REQUEST, &fields.email, Some(problem)).await
}

/// Takes the wish back; one that has come to its end meanwhile is shown as it ended.
pub(crate) async fn withdraw(State(mesh): State<Mesh>, guest: Guest) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let withdrawn = EmailChangesClient::new(mesh.to("user"))
        .withdraw_email_change(wire::call(guest.cx(), WithdrawEmailChangeRequest {}))
        .await;
    match withdrawn {
        Err(status) if !matches!(wire::code_of(&status).code, Code::Gone | Code::NotFound) => {
            Err(status.into())
        }
        _ => Ok(redirect(&guest.at("/account/email"))),
    }
}

async fn show(
    mesh: &Mesh,
    guest: &Guest,
    status: StatusCode,
    email: &str,
    problem: Option<&str>,
) -> Result<Response, Failure> {
    let newest = EmailChangesClient::new(mesh.to("user"))
        .get_email_change(wire::call(guest.cx(), GetEmailChangeRequest {}))
        .await;
    let newest = match newest {
        Ok(change) => Some(change.into_inner()),
        Err(status) if wire::code_of(&status).code == Code::NotFound => None,
        Err(status) => return Err(status.into()),
    };
    let ended = newest.as_ref().and_then(|change| words_of(&change.status));
    let pending = newest.filter(|change| change.status == "pending").map(Pending::from);
    let shell = Shell::of(guest, "Your e-mail address");
    Ok(answer(status, &Page { shell, pending, ended, email, problem }))
}

/// What became of a wish, where it is worth a word.
fn words_of(status: &str) -> Option<&'static str> {
    match status {
        "done" => Some("Your address was changed. You sign in with it from now on."),
        "refused" => Some("One of both addresses refused the change. Your address stays as it is."),
        "expired" => Some("Nobody confirmed in time. Your address stays as it is."),
        "unusable" => Some("The address cannot be used here. Your address stays as it is."),
        _ => None,
    }
}

/// What the person can mend; nothing tells whether somebody else has the address.
fn problem_of(refusal: &Refusal) -> Option<&'static str> {
    match (refusal.code, refusal.reason.as_str()) {
        (Code::Unauthenticated, "wrong_password") => Some("This is not your password."),
        (Code::Invalid, "email_unchanged") => Some("This is your address already."),
        (Code::Invalid, _) => Some("This is no e-mail address."),
        (Code::Exhausted, "email_change_budget") => {
            Some("The address was to be changed too often today. Try again tomorrow.")
        }
        (Code::Exhausted, _) => Some("Too many tries. Wait a little, then try again."),
        _ => None,
    }
}

impl From<EmailChange> for Pending {
    fn from(change: EmailChange) -> Self {
        Self {
            until: moment(wire::instant(change.expires_at.as_ref())),
            old_email: change.old_email,
            new_email: change.new_email,
            old_confirmed: change.old_confirmed_at.is_some(),
            new_confirmed: change.new_confirmed_at.is_some(),
        }
    }
}
