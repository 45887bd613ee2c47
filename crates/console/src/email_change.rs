//! Another address, as whoever reads one of both letters about it sees it. Looking changes nothing; only the form
//! confirms or refuses.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use kernel::Code;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tonic::Status;
use wire::{
    Mesh,
    user::v1::{
        ConfirmEmailChangeRequest, EmailChangeLetter, RefuseEmailChangeRequest,
        ShowEmailChangeRequest, email_changes_client::EmailChangesClient,
    },
};

use crate::{
    email_words::EmailWords,
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Shell, page},
    words::Words,
};

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    choice: Said,
}

/// The button that was pressed.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Said {
    Confirm,
    Refuse,
}

#[derive(Template)]
#[template(path = "email_change.html")]
struct Page<'a> {
    shell: Shell,
    words: &'a EmailWords,
    letter: &'a EmailChangeLetter,
    until: String,
}

/// A page that says one thing.
#[derive(Template)]
#[template(path = "invitation_said.html")]
struct Answer<'a> {
    shell: Shell,
    good: bool,
    title: &'a str,
    text: &'a str,
    sign_in: Option<&'a str>,
}

/// Shows the change, or what became of it.
pub(crate) async fn show(
    State(mesh): State<Mesh>,
    Path(token): Path<SecretString>,
    guest: Guest,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let request = ShowEmailChangeRequest { token: token.expose_secret().to_owned() };
    let shown = EmailChangesClient::new(mesh.to("user"))
        .show_email_change(wire::call(guest.cx(), request))
        .await;
    match shown {
        Ok(letter) => Ok(tell(&guest, &letter.into_inner())),
        Err(status) => decline(&guest, &headers, status),
    }
}

/// Confirms or refuses.
pub(crate) async fn choose(
    State(mesh): State<Mesh>,
    Path(token): Path<SecretString>,
    guest: Guest,
    headers: HeaderMap,
    Fields(fields): Fields<Choice>,
) -> Result<Response, Failure> {
    let token = token.expose_secret().to_owned();
    let mut changes = EmailChangesClient::new(mesh.to("user"));
    let chosen = match fields.choice {
        Said::Confirm => {
            let request = ConfirmEmailChangeRequest { token };
            changes.confirm_email_change(wire::call(guest.cx(), request)).await
        }
        Said::Refuse => {
            let request = RefuseEmailChangeRequest { token };
            changes.refuse_email_change(wire::call(guest.cx(), request)).await
        }
    };
    match chosen {
        Ok(letter) => Ok(tell(&guest, &letter.into_inner())),
        Err(status) => decline(&guest, &headers, status),
    }
}

/// The page of a change as it stands: the choice while there is one, else what is to be known.
fn tell(guest: &Guest, letter: &EmailChangeLetter) -> Response {
    let words = EmailWords::of(&letter.locale);
    match letter.status.as_str() {
        "pending" if letter.confirmed => {
            say(guest, words, StatusCode::OK, words.half_title, words.half)
        }
        "pending" => {
            let until = Words::of(&letter.locale).moment(wire::instant(letter.expires_at.as_ref()));
            let shell = frame(guest, words, words.title);
            page(StatusCode::OK, &Page { shell, words, letter, until })
        }
        "done" => say(guest, words, StatusCode::OK, words.done_title, words.done),
        "refused" => say(guest, words, StatusCode::OK, words.refused_title, words.refused),
        other => {
            let text = words.closed(&format!("email_change_{other}")).unwrap_or(words.unknown);
            say(guest, words, StatusCode::GONE, words.closed_title, text)
        }
    }
}

/// Says why the link leads nowhere, or that nobody can say at the moment.
fn decline(guest: &Guest, headers: &HeaderMap, status: Status) -> Result<Response, Failure> {
    let words = EmailWords::of(Words::of_browser(headers).lang);
    let refusal = wire::code_of(&status);
    if let Some(text) = words.closed(&refusal.reason) {
        let status = match refusal.code {
            Code::NotFound => StatusCode::NOT_FOUND,
            _ => StatusCode::GONE,
        };
        return Ok(say(guest, words, status, words.closed_title, text));
    }
    match refusal.code {
        Code::Unavailable | Code::Timeout => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Ok(say(guest, words, status, words.away_title, words.away))
        }
        _ => Err(status.into()),
    }
}

fn say(guest: &Guest, words: &EmailWords, status: StatusCode, title: &str, text: &str) -> Response {
    let good = status == StatusCode::OK;
    page(status, &Answer { shell: frame(guest, words, title), good, title, text, sign_in: None })
}

/// The reader's frame: the letter's language, and nothing of whoever is signed in here.
fn frame(guest: &Guest, words: &EmailWords, title: &str) -> Shell {
    Shell { lang: words.lang, prefix: guest.prefix().to_owned(), ..Shell::plain(title) }
}
