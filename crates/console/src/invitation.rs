//! The invitation as the invited person sees it. Looking changes nothing; only the form accepts.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use gateway::{Front, passkey_token};
use http::{HeaderMap, Method, StatusCode};
use kernel::Code;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tonic::Status;
use wire::{
    Mesh, Refusal,
    auth::v1::SsoChoice,
    user::v1::{
        AcceptInvitationRequest, BeginInvitationPasskeyRequest, Invitation, ShowInvitationRequest,
        invites_client::InvitesClient,
    },
};

use crate::{
    failure::Failure,
    form::Fields,
    guest::Guest,
    invited_sso,
    page::{Shell, page},
    passkey::asked_of_device,
    words::Words,
};

/// The bounds of a password, in characters, as the user service keeps them.
const SHORTEST: usize = 15;
const LONGEST: usize = 1_024;

/// What one of the forms sends. Somebody who has a password does not repeat it, and whoever brings a passkey or comes by a
/// provider's word has none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Accept {
    password: SecretString,
    repeated: Option<SecretString>,
    credential: SecretString,
    /// The provider by whose word the invitation is to be accepted.
    with: String,
}

/// What the address of the page says beside the token.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// Why a provider's word did not let somebody in.
    refused: String,
}

/// What is wrong, and where it is said.
#[derive(Debug, Clone, Copy)]
enum Fault<'a> {
    Password(&'a str),
    Provider(&'a str),
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct Page<'a> {
    shell: Shell,
    words: &'a Words,
    invitation: &'a Invitation,
    until: String,
    problem: Option<&'a str>,
    /// Providers of the tenant that vouch for people, and why the one that was asked did not.
    choices: Vec<SsoChoice>,
    refused: Option<&'a str>,
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

/// Shows the invitation. No address accepts it, whoever made a browser go there.
pub(crate) async fn show(
    State(mesh): State<Mesh>,
    Path(token): Path<SecretString>,
    guest: Guest,
    method: Method,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let invitation = match look(&mesh, &guest, &token, is_seen(&method, &headers)).await {
        Ok(invitation) => invitation,
        Err(status) => return decline(&guest, Words::of_browser(&headers), status),
    };
    let refused = Words::of(&invitation.locale).unvouched(&asked.refused);
    Ok(ask(&mesh, &guest, &invitation, StatusCode::OK, refused.map(Fault::Provider)).await)
}

/// Whether a person looks: their browser went to the page by itself, and not ahead of them. Scanners of mail and programs do
/// not say so (Fetch Metadata).
fn is_seen(method: &Method, headers: &HeaderMap) -> bool {
    let says = |name: &str, word: &str| headers.get(name).is_some_and(|value| value == word);
    let is_ahead =
        ["sec-purpose", "purpose", "x-moz"].iter().any(|&name| headers.contains_key(name));
    let navigates = says("sec-fetch-mode", "navigate") && says("sec-fetch-dest", "document");
    method == Method::GET && navigates && !is_ahead
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

/// Accepts the invitation with a password or a passkey, or begins the way to the provider that accepts it.
pub(crate) async fn accept(
    State(mesh): State<Mesh>,
    Path(token): Path<SecretString>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
    Fields(fields): Fields<Accept>,
) -> Result<Response, Failure> {
    let invitation = match look(&mesh, &guest, &token, false).await {
        Ok(invitation) => invitation,
        Err(status) => return decline(&guest, Words::of_browser(&headers), status),
    };
    if !fields.with.is_empty() {
        return invited_sso::begin(&mesh, &front, &guest, &invitation, &token, fields.with).await;
    }
    let words = Words::of(&invitation.locale);
    let passkey = fields.passkey(&guest, &headers);
    if passkey.is_none()
        && let Some(problem) = fields.problem(&invitation, words)
    {
        let fault = Some(Fault::Password(problem));
        return Ok(ask(&mesh, &guest, &invitation, StatusCode::BAD_REQUEST, fault).await);
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
        Some(problem) => {
            let fault = Some(Fault::Password(&problem));
            Ok(ask(&mesh, &guest, &invitation, code(&refusal), fault).await)
        }
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

async fn look(
    mesh: &Mesh,
    guest: &Guest,
    token: &SecretString,
    seen: bool,
) -> Result<Invitation, Status> {
    let request = ShowInvitationRequest { token: token.expose_secret().to_owned(), seen };
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

async fn ask(
    mesh: &Mesh,
    guest: &Guest,
    invitation: &Invitation,
    status: StatusCode,
    fault: Option<Fault<'_>>,
) -> Response {
    let (problem, refused) = match fault {
        Some(Fault::Password(problem)) => (Some(problem), None),
        Some(Fault::Provider(problem)) => (None, Some(problem)),
        None => (None, None),
    };
    let choices = invited_sso::choices(mesh, guest, invitation).await;
    let words = Words::of(&invitation.locale);
    let until = words.moment(wire::instant(invitation.expires_at.as_ref()));
    let shell = frame(guest, words, words.title);
    page(status, &Page { shell, words, invitation, until, problem, choices, refused })
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
