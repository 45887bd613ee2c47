//! The second factor: asked for on sign-in and before what guards the account is changed, set up and given up.

use askama::Template;
use axum::{extract::State, response::Response};
use gateway::{Front, waiting_cookie, waiting_token};
use http::{HeaderMap, StatusCode, header};
use kernel::Code;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tonic::Status;
use totp_rs::Totp;
use wire::{
    Mesh,
    auth::v1::{
        BeginTotpRequest, ConfirmSessionRequest, ConfirmTotpRequest, RemoveTotpRequest,
        RenewRecoveryCodesRequest, Session, StepUpRequest, factors_client::FactorsClient,
    },
};

use crate::{
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Shell, page, redirect},
    signin::{enter, enter_with},
};

/// What a form with a code sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Shown {
    code: SecretString,
}

/// What the form that confirms an app sends: the secret comes back, so that a mistyped code shows it again.
#[derive(Debug, Deserialize)]
pub(crate) struct SetUp {
    code: SecretString,
    secret: SecretString,
    uri: SecretString,
}

/// What the form of a fresh proof sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Proof {
    password: SecretString,
    code: SecretString,
}

#[derive(Template)]
#[template(path = "factor.html")]
struct AskPage<'a> {
    shell: Shell,
    problem: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "prove.html")]
struct ProvePage<'a> {
    shell: Shell,
    problem: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "factor_set_up.html")]
struct SetUpPage<'a> {
    shell: Shell,
    secret: &'a str,
    uri: &'a str,
    /// The same as picture, in base64.
    picture: Option<String>,
    problem: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct CodesPage {
    shell: Shell,
    codes: Vec<String>,
}

/// Asks for the second factor of a sign-in.
pub(crate) async fn form(guest: Guest, headers: HeaderMap) -> Response {
    match waiting_token(&headers, guest.visitor().scheme) {
        Some(_) => ask(&guest, StatusCode::OK, None),
        None => redirect(&guest.at("/signin")),
    }
}

/// Finishes the sign-in.
pub(crate) async fn confirm(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
    Fields(fields): Fields<Shown>,
) -> Result<Response, Failure> {
    front.charge_login(guest.visitor())?;
    let Some(token) = waiting_token(&headers, guest.visitor().scheme) else {
        return Ok(redirect(&guest.at("/signin")));
    };
    let request = ConfirmSessionRequest {
        token: token.expose_secret().to_owned(),
        code: fields.code.expose_secret().to_owned(),
    };
    let confirmed =
        FactorsClient::new(mesh.to("auth")).confirm_session(wire::call(guest.cx(), request)).await;
    admit(&guest, confirmed)
}

/// What a second factor of any kind leads to: in, to another try, or back where the sign-in waited too long.
pub(crate) fn admit(
    guest: &Guest,
    confirmed: Result<tonic::Response<Session>, Status>,
) -> Result<Response, Failure> {
    let mut response = match confirmed {
        Ok(session) => enter(guest, session.into_inner())?,
        Err(status) => match problem(&status) {
            Some(words) => return Ok(ask(guest, StatusCode::UNAUTHORIZED, Some(words))),
            None if wire::code_of(&status).code == Code::Unauthenticated => {
                redirect(&guest.at("/signin"))
            }
            None => return Err(status.into()),
        },
    };
    let cleared = waiting_cookie(guest.visitor().scheme, &SecretString::default(), 0)?;
    response.headers_mut().append(header::SET_COOKIE, cleared);
    Ok(response)
}

/// Asks for a fresh proof.
pub(crate) async fn prove_form(guest: Guest) -> Result<Response, Failure> {
    Ok(prove_page(&guest.signed_in()?, StatusCode::OK, None))
}

/// Takes a fresh proof; the session goes on under another token.
pub(crate) async fn prove(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    Fields(fields): Fields<Proof>,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    front.charge_login(guest.visitor())?;
    let request = StepUpRequest {
        password: fields.password.expose_secret().to_owned(),
        code: fields.code.expose_secret().to_owned(),
    };
    let proven = FactorsClient::new(mesh.to("auth")).step_up(wire::call(guest.cx(), request)).await;
    go_on(&front, &guest, proven)
}

/// What a fresh proof of any kind leads to: the session's new token, or another try.
pub(crate) fn go_on(
    front: &Front,
    guest: &Guest,
    proven: Result<tonic::Response<Session>, Status>,
) -> Result<Response, Failure> {
    match proven {
        Ok(session) => {
            front.forget(guest.visitor());
            let session = session.into_inner();
            let ends = wire::instant(session.expires_at.as_ref());
            enter_with(guest, &session.token.into(), ends, "/account")
        }
        Err(status) => match problem(&status) {
            Some(words) => Ok(prove_page(guest, StatusCode::BAD_REQUEST, Some(words))),
            None => Err(status.into()),
        },
    }
}

/// Begins with an app, and shows its secret.
pub(crate) async fn begin(State(mesh): State<Mesh>, guest: Guest) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let call = wire::call(guest.cx(), BeginTotpRequest {});
    match FactorsClient::new(mesh.to("auth")).begin_totp(call).await {
        Ok(begun) => {
            let begun = begun.into_inner();
            Ok(set_up_page(&guest, StatusCode::OK, &begun.secret, &begun.uri, None))
        }
        Err(status) => prove_first(&guest, status),
    }
}

/// Makes the app count, and shows the recovery codes.
pub(crate) async fn set_up(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    Fields(fields): Fields<SetUp>,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    front.charge_login(guest.visitor())?;
    let request = ConfirmTotpRequest { code: fields.code.expose_secret().to_owned() };
    let confirmed =
        FactorsClient::new(mesh.to("auth")).confirm_totp(wire::call(guest.cx(), request)).await;
    match confirmed {
        Ok(codes) => Ok(codes_page(&guest, codes.into_inner().codes)),
        Err(status) => match problem(&status) {
            Some(words) => {
                let (secret, uri) = (fields.secret.expose_secret(), fields.uri.expose_secret());
                Ok(set_up_page(&guest, StatusCode::BAD_REQUEST, secret, uri, Some(words)))
            }
            None => prove_first(&guest, status),
        },
    }
}

/// Gives the app up.
pub(crate) async fn remove(State(mesh): State<Mesh>, guest: Guest) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let call = wire::call(guest.cx(), RemoveTotpRequest {});
    match FactorsClient::new(mesh.to("auth")).remove_totp(call).await {
        Ok(_) => Ok(redirect(&guest.at("/account"))),
        Err(status) => prove_first(&guest, status),
    }
}

/// Shows fresh recovery codes.
pub(crate) async fn renew(State(mesh): State<Mesh>, guest: Guest) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let call = wire::call(guest.cx(), RenewRecoveryCodesRequest {});
    match FactorsClient::new(mesh.to("auth")).renew_recovery_codes(call).await {
        Ok(codes) => Ok(codes_page(&guest, codes.into_inner().codes)),
        Err(status) => prove_first(&guest, status),
    }
}

/// Sends whoever proved too long ago who they are to do it again.
pub(crate) fn prove_first(guest: &Guest, status: Status) -> Result<Response, Failure> {
    match wire::code_of(&status).reason.as_str() {
        "step_up_required" => Ok(redirect(&guest.at("/account/prove"))),
        _ => Err(status.into()),
    }
}

/// What is wrong with what was shown, if that is what is wrong.
pub(crate) fn problem(status: &Status) -> Option<&'static str> {
    let refusal = wire::code_of(status);
    if refusal.fields.iter().any(|fault| fault.field == "token") {
        return Some("It took too long. Try again.");
    }
    match (refusal.code, refusal.reason.as_str()) {
        (_, "factor_refused") => {
            Some("The code does not fit, or was used already. Wait for the next one.")
        }
        (_, "wrong_password") => Some("This is not your password."),
        (_, "passkey_refused") => Some("The passkey does not fit, or it took too long. Try again."),
        (Code::Invalid, _) => Some("Type the 6 digits of the app, or a recovery code."),
        (Code::Exhausted, _) => Some("Too many tries. Wait a little, then try again."),
        _ => None,
    }
}

/// The form that asks for the second factor.
fn ask(guest: &Guest, status: StatusCode, problem: Option<&str>) -> Response {
    page(status, &AskPage { shell: Shell::of(guest, "Sign in"), problem })
}

/// The form that asks for a fresh proof.
fn prove_page(guest: &Guest, status: StatusCode, problem: Option<&str>) -> Response {
    page(status, &ProvePage { shell: Shell::of(guest, "Is it you?"), problem })
}

fn set_up_page(
    guest: &Guest,
    status: StatusCode,
    secret: &str,
    uri: &str,
    problem: Option<&str>,
) -> Response {
    let shell = Shell::of(guest, "Authenticator app");
    page(status, &SetUpPage { shell, secret, uri, picture: picture(uri), problem })
}

/// The address as QR code; none for what is no such address.
fn picture(uri: &str) -> Option<String> {
    Totp::from_url(uri).ok()?.to_qr_base64().ok()
}

/// Recovery codes, which are shown here and never again.
pub(crate) fn codes_page(guest: &Guest, codes: Vec<String>) -> Response {
    page(StatusCode::OK, &CodesPage { shell: Shell::of(guest, "Recovery codes"), codes })
}
