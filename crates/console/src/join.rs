//! A shared link as whoever opens it sees it. Looking changes nothing; only the form asks, or joins.

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
    Mesh, Refusal,
    user::v1::{
        ShowJoinLinkRequest, ShownJoinLink, UseJoinLinkRequest, join_links_client::JoinLinksClient,
    },
};

use crate::{
    failure::Failure,
    form::Fields,
    guest::Guest,
    invitation::{decline, frame, say},
    page::{Shell, page},
    words::Words,
};

/// What the form sends; nothing where somebody is signed in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Ask {
    email: String,
    name: String,
}

#[derive(Template)]
#[template(path = "join.html")]
struct Page<'a> {
    shell: Shell,
    words: &'a Words,
    link: &'a ShownJoinLink,
    domains: String,
    signed_in: bool,
    asked: &'a Ask,
    problem: Option<&'a str>,
}

/// Shows where the link leads.
pub(crate) async fn show(
    State(mesh): State<Mesh>,
    Path(token): Path<SecretString>,
    guest: Guest,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let words = Words::of_browser(&headers);
    match look(&mesh, &guest, &token).await {
        Ok(link) => Ok(form(&guest, words, &link, &Ask::default(), None)),
        Err(status) => decline(&guest, words, status),
    }
}

/// Joins as whoever is signed in, or asks for an invitation by mail.
pub(crate) async fn join(
    State(mesh): State<Mesh>,
    Path(token): Path<SecretString>,
    guest: Guest,
    headers: HeaderMap,
    Fields(asked): Fields<Ask>,
) -> Result<Response, Failure> {
    let words = Words::of_browser(&headers);
    let signed_in = guest.is_signed_in();
    let own = |text: &str| if signed_in { String::new() } else { text.to_owned() };
    let request = UseJoinLinkRequest {
        token: token.expose_secret().to_owned(),
        email: own(&asked.email),
        name: own(&asked.name),
        locale: words.lang.into(),
    };
    let mut links = JoinLinksClient::new(mesh.to("user"));
    let used = links.use_join_link(wire::call(guest.cx(), request)).await;
    let status = match used {
        Ok(used) if used.get_ref().outcome == "joined" => {
            return Ok(say(&guest, words, StatusCode::OK, words.joined_title, words.joined_text));
        }
        Ok(_) => {
            return Ok(say(&guest, words, StatusCode::OK, words.mailed_title, words.mailed_text));
        }
        Err(status) => status,
    };
    match at_a_field(words, &wire::code_of(&status)) {
        Some(problem) => match look(&mesh, &guest, &token).await {
            Ok(link) => Ok(form(&guest, words, &link, &asked, Some(problem))),
            Err(status) => decline(&guest, words, status),
        },
        None => decline(&guest, words, status),
    }
}

async fn look(mesh: &Mesh, guest: &Guest, token: &SecretString) -> Result<ShownJoinLink, Status> {
    let request = ShowJoinLinkRequest { token: token.expose_secret().to_owned() };
    let mut links = JoinLinksClient::new(mesh.to("user"));
    Ok(links.show_join_link(wire::call(guest.cx(), request)).await?.into_inner())
}

/// What is wrong with what was typed, if that is what is wrong.
fn at_a_field(words: &'static Words, refusal: &Refusal) -> Option<&'static str> {
    if refusal.reason == "domain_not_admitted" {
        return Some(words.other_domain);
    }
    let typed = |field: &str| refusal.fields.iter().any(|fault| fault.field == field);
    match refusal.code {
        Code::Invalid if typed("email") => Some(words.bad_email),
        Code::Invalid if typed("name") => Some(words.bad_name),
        Code::Exhausted => Some(words.too_many),
        _ => None,
    }
}

fn form(
    guest: &Guest,
    words: &'static Words,
    link: &ShownJoinLink,
    asked: &Ask,
    problem: Option<&str>,
) -> Response {
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let domains = link.email_domains.join(", ");
    let signed_in = guest.is_signed_in();
    let shell = frame(guest, words, words.title);
    page(status, &Page { shell, words, link, domains, signed_in, asked, problem })
}
