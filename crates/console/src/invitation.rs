//! The invitation as the invited person sees it. Looking changes nothing; only the form accepts.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use gateway::{Front, passkey_token};
use http::{HeaderMap, StatusCode};
use kernel::Code;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tonic::Status;
use wire::{
    Mesh, Refusal,
    user::v1::{
        AcceptInvitationRequest, BeginInvitationPasskeyRequest, Invitation, ShowInvitationRequest,
        invites_client::InvitesClient,
    },
};

use crate::{
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Shell, page},
    passkey::asked_of_device,
    words::Words,
};

/// The bounds of a password, in characters, as the user service keeps them.
const SHORTEST: usize = 15;
const LONGEST: usize = 1_024;

/// What one of the forms sends. Somebody who has a password does not repeat it, and whoever brings a passkey has none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Accept {
    password: SecretString,
    repeated: Option<SecretString>,
    credential: SecretString,
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct Page<'a> {
    shell: Shell,
    words: &'a Words,
    invitation: &'a Invitation,
    until: String,
    problem: Option<&'a str>,
}

/// A page that says one thing.
#[derive(Template)]
#[template(path = "invitation_said.html")]
struct Said<'a> {
    shell: Shell,
    good: bool,
    title: &'a str,
    text: &'a str,
    sign_in: Option<&'a str>,
}

/// Shows the invitation.
pub(crate) async fn show(
    State(mesh): State<Mesh>,
    Path(token): Path<SecretString>,
    guest: Guest,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    match look(&mesh, &guest, &token).await {
        Ok(invitation) => Ok(ask(&guest, &invitation, StatusCode::OK, None)),
        Err(status) => decline(&guest, Words::of_browser(&headers), status),
    }
}

/// Asks for a passkey of the invited person.
pub(crate) async fn begin_passkey(
    State(mesh): State<Mesh>,
    Path(token): Path<SecretString>,
    front: Front,
    guest: Guest,
) -> Result<Response, Failure> {
    front.charge_opening(guest.visitor())?;
    let request = BeginInvitationPasskeyRequest { token: token.expose_secret().to_owned() };
    let asked = InvitesClient::new(mesh.to("user"))
        .begin_invitation_passkey(wire::call(guest.cx(), request))
        .await?
        .into_inner();
    let ends = wire::instant(asked.expires_at.as_ref());
    asked_of_device(&guest, &asked.passkey_token.into(), asked.options, ends)
}

/// Accepts the invitation with a password or a passkey.
pub(crate) async fn accept(
    State(mesh): State<Mesh>,
    Path(token): Path<SecretString>,
    guest: Guest,
    headers: HeaderMap,
    Fields(fields): Fields<Accept>,
) -> Result<Response, Failure> {
    let invitation = match look(&mesh, &guest, &token).await {
        Ok(invitation) => invitation,
        Err(status) => return decline(&guest, Words::of_browser(&headers), status),
    };
    let words = Words::of(&invitation.locale);
    let passkey = fields.passkey(&guest, &headers);
    if passkey.is_none()
        && let Some(problem) = fields.problem(&invitation, words)
    {
        return Ok(ask(&guest, &invitation, StatusCode::BAD_REQUEST, Some(problem)));
    }
    let request = AcceptInvitationRequest {
        token: token.expose_secret().to_owned(),
        password: fields.password.expose_secret().to_owned(),
        passkey_credential: fields.credential.expose_secret().to_owned(),
        passkey_token: passkey.unwrap_or_default().expose_secret().to_owned(),
    };
    let accepted = InvitesClient::new(mesh.to("user"))
        .accept_invitation(wire::call(guest.cx(), request))
        .await;
    let Err(status) = accepted else {
        return Ok(say(&guest, words, StatusCode::OK, words.done_title, words.done_text));
    };
    let refusal = wire::code_of(&status);
    match at_the_field(words, &refusal) {
        Some(problem) => Ok(ask(&guest, &invitation, code(&refusal), Some(&problem))),
        None => decline(&guest, words, status),
    }
}

impl Accept {
    /// The ceremony of the passkey that was brought, if one was.
    fn passkey(&self, guest: &Guest, headers: &HeaderMap) -> Option<SecretString> {
        let brought = !self.credential.expose_secret().is_empty();
        brought.then(|| passkey_token(headers, guest.visitor().scheme).unwrap_or_default())
    }

    /// What can be said of the password before anybody is asked.
    fn problem(&self, invitation: &Invitation, words: &'static Words) -> Option<&'static str> {
        if !invitation.needs_password {
            return None;
        }
        let password = self.password.expose_secret();
        let length = password.chars().count();
        if length < SHORTEST {
            return Some(words.too_short);
        }
        if length > LONGEST {
            return Some(words.too_long);
        }
        let same = self.repeated.as_ref().is_some_and(|again| again.expose_secret() == password);
        (!same).then_some(words.no_match)
    }
}

async fn look(mesh: &Mesh, guest: &Guest, token: &SecretString) -> Result<Invitation, Status> {
    let request = ShowInvitationRequest { token: token.expose_secret().to_owned() };
    let shown = InvitesClient::new(mesh.to("user"))
        .show_invitation(wire::call(guest.cx(), request))
        .await?;
    Ok(shown.into_inner())
}

/// What is wrong with the password, if that is what is wrong.
fn at_the_field(words: &Words, refusal: &Refusal) -> Option<String> {
    match refusal.reason.as_str() {
        "passkey_refused" | "passkeys_off" => return Some(words.no_passkey.into()),
        "wrong_password" => return Some(words.wrong_password.into()),
        "too_many_attempts" => return Some(words.too_many.into()),
        "password_refused" if words.lang != "en" => return Some(words.refused.into()),
        _ => {}
    }
    match refusal.fields.iter().find(|fault| fault.field == "password") {
        Some(fault) if words.lang == "en" => Some(format!("The password {}.", fault.problem)),
        Some(_) => Some(words.refused.into()),
        None => (refusal.reason == "password_refused").then(|| words.refused.into()),
    }
}

fn code(refusal: &Refusal) -> StatusCode {
    match refusal.code {
        Code::Exhausted => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn ask(
    guest: &Guest,
    invitation: &Invitation,
    status: StatusCode,
    problem: Option<&str>,
) -> Response {
    let words = Words::of(&invitation.locale);
    let until = words.moment(wire::instant(invitation.expires_at.as_ref()));
    let shell = frame(guest, words, words.title);
    page(status, &Page { shell, words, invitation, until, problem })
}

/// Says why the link leads nowhere, or that nobody can say at the moment.
pub(crate) fn decline(
    guest: &Guest,
    words: &'static Words,
    status: Status,
) -> Result<Response, Failure> {
    let refusal = wire::code_of(&status);
    if let Some(text) = words.closed(&refusal.reason) {
        let status = match refusal.code {
            Code::NotFound => StatusCode::NOT_FOUND,
            _ => StatusCode::GONE,
        };
        return Ok(say(guest, words, status, words.closed_title, text));
    }
    match refusal.code {
        Code::Invalid | Code::NotFound => {
            Ok(say(guest, words, StatusCode::NOT_FOUND, words.closed_title, words.unknown))
        }
        Code::Unavailable | Code::Timeout => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Ok(say(guest, words, status, words.away_title, words.away))
        }
        _ => Err(status.into()),
    }
}

/// Says one thing.
pub(crate) fn say(
    guest: &Guest,
    words: &Words,
    status: StatusCode,
    title: &str,
    text: &str,
) -> Response {
    let good = status == StatusCode::OK;
    let sign_in = good.then_some(words.sign_in);
    page(status, &Said { shell: frame(guest, words, title), good, title, text, sign_in })
}

/// The invited person's frame: the letter's language, and nothing of whoever is signed in here.
pub(crate) fn frame(guest: &Guest, words: &Words, title: &str) -> Shell {
    Shell { lang: words.lang, prefix: guest.prefix().to_owned(), ..Shell::plain(title) }
}
