//! Proving one's own address by a letter: asking for it, typing its code, opening its link, all in one browser.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use gateway::{Front, letter_binding, letter_cookie};
use http::{HeaderMap, StatusCode, header};
use kernel::Code;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use wire::{
    Mesh,
    auth::v1::{AskAddressLetterRequest, ProveAddressRequest, addresses_client::AddressesClient},
};

use crate::{
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Said, Shell, page, say},
    signin::left,
    words::Words,
};

/// What the form for the code sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Typed {
    code: SecretString,
}

#[derive(Template)]
#[template(path = "address.html")]
struct Page<'a> {
    shell: Shell,
    asks_code: bool,
    problem: Option<&'a str>,
}

/// Asks for the letter, binds it to this browser, and shows where the code goes.
pub(crate) async fn ask(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    front.charge_login(guest.visitor())?;
    let request = AskAddressLetterRequest { locale: Words::of_browser(&headers).lang.into() };
    let asked = AddressesClient::new(mesh.to("auth"))
        .ask_address_letter(wire::call(guest.cx(), request))
        .await?
        .into_inner();
    let seconds = left(&guest, wire::instant(asked.expires_at.as_ref()));
    let cookie = letter_cookie(guest.visitor().scheme, &asked.binding.into(), seconds)?;
    let mut response = show(&guest, StatusCode::OK, true, None);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Proves it by the code.
pub(crate) async fn prove_by_code(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
    Fields(fields): Fields<Typed>,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    prove(&mesh, &front, &guest, &headers, (fields.code, SecretString::default())).await
}

/// Shows the button that proves it: whoever only opens the link, a mail scanner above all, uses nothing up.
pub(crate) async fn open(guest: Guest, headers: HeaderMap) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    Ok(match letter_binding(&headers, guest.visitor().scheme) {
        Some(_) => show(&guest, StatusCode::OK, false, None),
        None => elsewhere(&guest),
    })
}

/// Proves it by the link.
pub(crate) async fn prove_by_link(
    State(mesh): State<Mesh>,
    Path(token): Path<SecretString>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    prove(&mesh, &front, &guest, &headers, (SecretString::default(), token)).await
}

async fn prove(
    mesh: &Mesh,
    front: &Front,
    guest: &Guest,
    headers: &HeaderMap,
    (code, token): (SecretString, SecretString),
) -> Result<Response, Failure> {
    front.charge_login(guest.visitor())?;
    let scheme = guest.visitor().scheme;
    let Some(binding) = letter_binding(headers, scheme) else {
        return Ok(elsewhere(guest));
    };
    let asks_code = token.expose_secret().is_empty();
    let request = ProveAddressRequest {
        binding: binding.expose_secret().to_owned(),
        code: code.expose_secret().to_owned(),
        token: token.expose_secret().to_owned(),
    };
    let proven =
        AddressesClient::new(mesh.to("auth")).prove_address(wire::call(guest.cx(), request)).await;
    let Err(status) = proven else {
        let said = Said {
            title: "The address is confirmed",
            text: "It is yours: you read its mail.",
            action: Some(("/account", "Back")),
        };
        let mut response = say(guest, StatusCode::OK, &said);
        let cleared = letter_cookie(scheme, &SecretString::default(), 0)?;
        response.headers_mut().append(header::SET_COOKIE, cleared);
        return Ok(response);
    };
    match wire::code_of(&status).code {
        Code::Unauthenticated | Code::Invalid => {
            let problem =
                "The letter does not fit, or is too old. After five tries ask for a new one.";
            Ok(show(guest, StatusCode::BAD_REQUEST, asks_code, Some(problem)))
        }
        _ => Err(status.into()),
    }
}

fn elsewhere(guest: &Guest) -> Response {
    say(
        guest,
        StatusCode::BAD_REQUEST,
        &Said {
            title: "Not this browser",
            text: "The letter works only in the browser where it was asked for. Type its code there, or ask for a letter here.",
            action: Some(("/account", "Back")),
        },
    )
}

fn show(guest: &Guest, status: StatusCode, asks_code: bool, problem: Option<&str>) -> Response {
    let shell = Shell::of(guest, "Confirm your address");
    page(status, &Page { shell, asks_code, problem })
}
