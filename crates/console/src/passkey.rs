//! Passkeys: signing in by one, showing one as second factor and as fresh proof, adding and removing them. The script
//! `passkeys.js` asks the device; what stands for the challenge is a cookie that no script reads.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use gateway::{Front, passkey_cookie, passkey_token, waiting_token};
use http::{HeaderMap, StatusCode, header};
use kernel::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tonic::Status;
use wire::{
    Mesh,
    auth::v1::{
        AddPasskeyRequest, BeginPasskeyConfirmationRequest, BeginPasskeyRequest,
        BeginPasskeySignInRequest, BeginPasskeyStepUpRequest, ConfirmSessionByPasskeyRequest,
        FinishPasskeySignInRequest, PasskeyCeremony, RemovePasskeyRequest, RenamePasskeyRequest,
        StepUpByPasskeyRequest, passkeys_client::PasskeysClient,
    },
};

use crate::{
    account,
    factor::{admit, codes_page, go_on, problem, prove_first},
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::redirect,
    signin::{self, enter, left},
};

/// What the script puts into a form: the device's answer as JSON text.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    credential: SecretString,
}

/// The same of a new passkey.
#[derive(Debug, Deserialize)]
pub(crate) struct New {
    credential: SecretString,
    #[serde(default)]
    name: String,
}

/// What the form that renames sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Rename {
    name: String,
}

/// Asks for whatever passkey the device has.
pub(crate) async fn begin_sign_in(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
) -> Result<Response, Failure> {
    front.charge_opening(guest.visitor())?;
    let call = wire::call(guest.cx(), BeginPasskeySignInRequest {});
    let begun = PasskeysClient::new(mesh.to("auth")).begin_passkey_sign_in(call).await?;
    asked(&guest, begun.into_inner())
}

/// Signs in by it.
pub(crate) async fn sign_in(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
    Fields(fields): Fields<Answer>,
) -> Result<Response, Failure> {
    front.charge_login(guest.visitor())?;
    let request = FinishPasskeySignInRequest {
        token: bound(&guest, &headers),
        credential: fields.credential.expose_secret().to_owned(),
    };
    let entered = PasskeysClient::new(mesh.to("auth"))
        .finish_passkey_sign_in(wire::call(guest.cx(), request))
        .await;
    match entered {
        Ok(session) => unbound(&guest, enter(&guest, session.into_inner())?),
        Err(status) => match problem(&status) {
            Some(words) => Ok(signin::show(&guest, StatusCode::UNAUTHORIZED, "", Some(words))),
            None => Err(status.into()),
        },
    }
}

/// Asks for a passkey as second factor of the sign-in that waits in this browser.
pub(crate) async fn begin_confirmation(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    front.charge_opening(guest.visitor())?;
    let Some(token) = waiting_token(&headers, guest.visitor().scheme) else {
        return Ok(redirect(&guest.at("/signin")));
    };
    let request =
        BeginPasskeyConfirmationRequest { session_token: token.expose_secret().to_owned() };
    let call = wire::call(guest.cx(), request);
    let begun = PasskeysClient::new(mesh.to("auth")).begin_passkey_confirmation(call).await?;
    asked(&guest, begun.into_inner())
}

/// Finishes the sign-in by it.
pub(crate) async fn confirm(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
    Fields(fields): Fields<Answer>,
) -> Result<Response, Failure> {
    front.charge_login(guest.visitor())?;
    let Some(session_token) = waiting_token(&headers, guest.visitor().scheme) else {
        return Ok(redirect(&guest.at("/signin")));
    };
    let request = ConfirmSessionByPasskeyRequest {
        session_token: session_token.expose_secret().to_owned(),
        token: bound(&guest, &headers),
        credential: fields.credential.expose_secret().to_owned(),
    };
    let confirmed = PasskeysClient::new(mesh.to("auth"))
        .confirm_session_by_passkey(wire::call(guest.cx(), request))
        .await;
    unbound(&guest, admit(&guest, confirmed)?)
}

/// Asks for a passkey as fresh proof.
pub(crate) async fn begin_proof(
    State(mesh): State<Mesh>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let call = wire::call(guest.cx(), BeginPasskeyStepUpRequest {});
    let begun = PasskeysClient::new(mesh.to("auth")).begin_passkey_step_up(call).await?;
    asked(&guest, begun.into_inner())
}

/// Takes it; the session goes on under another token.
pub(crate) async fn prove(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
    Fields(fields): Fields<Answer>,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    front.charge_login(guest.visitor())?;
    let request = StepUpByPasskeyRequest {
        token: bound(&guest, &headers),
        credential: fields.credential.expose_secret().to_owned(),
    };
    let proven = PasskeysClient::new(mesh.to("auth"))
        .step_up_by_passkey(wire::call(guest.cx(), request))
        .await;
    unbound(&guest, go_on(&front, &guest, proven)?)
}

/// Asks for a new passkey.
pub(crate) async fn begin_new(State(mesh): State<Mesh>, guest: Guest) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let call = wire::call(guest.cx(), BeginPasskeyRequest {});
    match PasskeysClient::new(mesh.to("auth")).begin_passkey(call).await {
        Ok(begun) => asked(&guest, begun.into_inner()),
        Err(status) => prove_first(&guest, status),
    }
}

/// Keeps it, and shows the recovery codes that come with the first second factor.
pub(crate) async fn add(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
    Fields(fields): Fields<New>,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    front.charge_login(guest.visitor())?;
    let request = AddPasskeyRequest {
        token: bound(&guest, &headers),
        credential: fields.credential.expose_secret().to_owned(),
        name: fields.name.trim().to_owned(),
    };
    let call = wire::call(guest.cx(), request);
    match PasskeysClient::new(mesh.to("auth")).add_passkey(call).await {
        Ok(added) => {
            let codes = added.into_inner().recovery_codes;
            let response = match codes.is_empty() {
                true => redirect(&guest.at("/account")),
                false => codes_page(&guest, codes),
            };
            unbound(&guest, response)
        }
        Err(status) => refuse(&mesh, &guest, status).await,
    }
}

/// Gives a passkey another name.
pub(crate) async fn rename(
    State(mesh): State<Mesh>,
    Path(passkey_id): Path<String>,
    guest: Guest,
    Fields(fields): Fields<Rename>,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let request = RenamePasskeyRequest { passkey_id, name: fields.name };
    let call = wire::call(guest.cx(), request);
    match PasskeysClient::new(mesh.to("auth")).rename_passkey(call).await {
        Ok(_) => Ok(redirect(&guest.at("/account"))),
        Err(status) => refuse(&mesh, &guest, status).await,
    }
}

/// Removes a passkey.
pub(crate) async fn remove(
    State(mesh): State<Mesh>,
    Path(passkey_id): Path<String>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let call = wire::call(guest.cx(), RemovePasskeyRequest { passkey_id });
    match PasskeysClient::new(mesh.to("auth")).remove_passkey(call).await {
        Ok(_) => Ok(redirect(&guest.at("/account"))),
        Err(status) => refuse(&mesh, &guest, status).await,
    }
}

/// Says on the account page what is in the way, or asks for a fresh proof first.
async fn refuse(mesh: &Mesh, guest: &Guest, status: Status) -> Result<Response, Failure> {
    let refusal = wire::code_of(&status);
    let words = match refusal.reason.as_str() {
        "passkey_invalid" | "ceremony_over" => {
            "The passkey was not made, or it took too long. Try again."
        }
        "passkey_taken" => "This passkey is known already.",
        "too_many_passkeys" => "You have 20 passkeys, which is the most. Remove one first.",
        "only_way_in" => {
            "This passkey is the only way you sign in. Add another one, or set a password by \
             \"Forgot the password?\", first."
        }
        "password_too_short" => {
            "Your password is too short to be used alone. Choose one of at least 15 characters first."
        }
        _ if refusal.fields.iter().any(|fault| fault.field == "name") => {
            "A passkey's name has 1 to 64 characters."
        }
        _ => return prove_first(guest, status),
    };
    account::show(mesh, guest, StatusCode::BAD_REQUEST, Some(words)).await
}

fn asked(guest: &Guest, begun: PasskeyCeremony) -> Result<Response, Failure> {
    let ends = wire::instant(begun.expires_at.as_ref());
    asked_of_device(guest, &begun.token.into(), begun.options, ends)
}

/// Answers the script with what the device is to be asked, and binds the ceremony to the browser.
pub(crate) fn asked_of_device(
    guest: &Guest,
    token: &SecretString,
    options: String,
    ends: Option<Timestamp>,
) -> Result<Response, Failure> {
    let cookie = passkey_cookie(guest.visitor().scheme, token, left(guest, ends))?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    let mut response = (StatusCode::OK, headers, options).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// The ceremony that was begun in this browser; empty where none was.
fn bound(guest: &Guest, headers: &HeaderMap) -> String {
    let token = passkey_token(headers, guest.visitor().scheme);
    token.map(|token| token.expose_secret().to_owned()).unwrap_or_default()
}

/// Forgets the ceremony: it was used, whatever came of it.
fn unbound(guest: &Guest, mut response: Response) -> Result<Response, Failure> {
    let cleared = passkey_cookie(guest.visitor().scheme, &SecretString::default(), 0)?;
    response.headers_mut().append(header::SET_COOKIE, cleared);
    Ok(response)
}
