//! Signing up where the tenant lets strangers in: asking for a letter, typing its code, opening its link, all in one browser.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use gateway::{Front, sign_up_binding, sign_up_cookie};
use http::{HeaderMap, StatusCode, header};
use kernel::Code;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tonic::Status;
use wire::{
    Mesh,
    user::v1::{
        AskSignUpRequest, FinishSignUpRequest, ShowSignUpRequest, sign_ups_client::SignUpsClient,
    },
};

use crate::{
    captcha::{Captcha, Given},
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Said, Shell, page, say},
    signin::left,
    words::Words,
};

/// What the form that asks for a letter is for, as the API calls it.
const OPERATION: &str = "user.SignUps.AskSignUp";

/// What the form that asks for a letter sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    email: String,
    #[serde(flatten)]
    proof: Given,
}

/// What the form that finishes it sends; by the link there is no code.
#[derive(Debug, Deserialize)]
pub(crate) struct Finish {
    #[serde(default)]
    code: SecretString,
    name: String,
    password: SecretString,
    repeated: SecretString,
}

#[derive(Template)]
#[template(path = "sign_up.html")]
struct WishPage<'a> {
    shell: Shell,
    captcha: &'a Captcha,
    email: &'a str,
    problem: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "sign_up_finish.html")]
struct FinishPage<'a> {
    shell: Shell,
    asks_code: bool,
    name: &'a str,
    problem: Option<&'a str>,
}

/// Shows the form that asks for a letter, or that one has to be invited.
pub(crate) async fn form(State(mesh): State<Mesh>, guest: Guest) -> Result<Response, Failure> {
    if guest.tenant_name().is_none() {
        return Ok(closed(&guest));
    }
    let shown = SignUpsClient::new(mesh.to("user"))
        .show_sign_up(wire::call(guest.cx(), ShowSignUpRequest {}))
        .await?;
    if !shown.get_ref().open {
        return Ok(closed(&guest));
    }
    let captcha = Captcha::of(&mesh, &guest, OPERATION).await?;
    Ok(wish(&guest, &captcha, StatusCode::OK, "", None))
}

/// Asks for the letter, binds it to this browser, and shows where the code goes; the same for every address.
pub(crate) async fn ask(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
    Fields(fields): Fields<Wish>,
) -> Result<Response, Failure> {
    front.charge_login(guest.visitor())?;
    if guest.tenant_name().is_none() {
        return Ok(closed(&guest));
    }
    let captcha = Captcha::of(&mesh, &guest, OPERATION).await?;
    if let Some(problem) = fields.proof.prove(&front, &guest, OPERATION).await? {
        return Ok(wish(&guest, &captcha, StatusCode::FORBIDDEN, &fields.email, Some(problem)));
    }
    let request = AskSignUpRequest {
        email: fields.email.clone(),
        locale: Words::of_browser(&headers).lang.into(),
    };
    let asked =
        SignUpsClient::new(mesh.to("user")).ask_sign_up(wire::call(guest.cx(), request)).await;
    let asked = match asked {
        Ok(asked) => asked.into_inner(),
        Err(status) => return decline(&guest, &captcha, &fields.email, status),
    };
    let seconds = left(&guest, wire::instant(asked.expires_at.as_ref()));
    let cookie = sign_up_cookie(guest.visitor().scheme, &asked.binding.into(), seconds)?;
    let mut response = finish(&guest, StatusCode::OK, true, "", None);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Makes the account by the code.
pub(crate) async fn finish_by_code(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
    Fields(fields): Fields<Finish>,
) -> Result<Response, Failure> {
    come_in(&mesh, &front, &guest, &headers, fields, None).await
}

/// Shows the form of the letter's link: whoever only opens it, a mail scanner above all, uses nothing up.
pub(crate) async fn open(guest: Guest, headers: HeaderMap) -> Response {
    match sign_up_binding(&headers, guest.visitor().scheme) {
        Some(_) => finish(&guest, StatusCode::OK, false, "", None),
        None => elsewhere(&guest),
    }
}

/// Makes the account by the link.
pub(crate) async fn finish_by_link(
    State(mesh): State<Mesh>,
    Path(token): Path<SecretString>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
    Fields(fields): Fields<Finish>,
) -> Result<Response, Failure> {
    come_in(&mesh, &front, &guest, &headers, fields, Some(&token)).await
}

async fn come_in(
    mesh: &Mesh,
    front: &Front,
    guest: &Guest,
    headers: &HeaderMap,
    fields: Finish,
    token: Option<&SecretString>,
) -> Result<Response, Failure> {
    front.charge_login(guest.visitor())?;
    let Some(binding) = sign_up_binding(headers, guest.visitor().scheme) else {
        return Ok(elsewhere(guest));
    };
    let again = |status, problem: &str| {
        Ok(finish(guest, status, token.is_none(), &fields.name, Some(problem)))
    };
    if fields.password.expose_secret() != fields.repeated.expose_secret() {
        return again(StatusCode::BAD_REQUEST, "The two passwords differ.");
    }
    let request = FinishSignUpRequest {
        binding: binding.expose_secret().to_owned(),
        code: fields.code.expose_secret().to_owned(),
        token: token.map(|token| token.expose_secret().to_owned()).unwrap_or_default(),
        name: fields.name.clone(),
        password: fields.password.expose_secret().to_owned(),
    };
    let came =
        SignUpsClient::new(mesh.to("user")).finish_sign_up(wire::call(guest.cx(), request)).await;
    let Err(status) = came else { return welcome(guest) };
    let refusal = wire::code_of(&status);
    match (refusal.code, refusal.reason.as_str()) {
        (Code::Invalid, _) => {
            let fault = refusal.fields.iter().find(|fault| fault.field != "token");
            let problem = fault.map_or_else(
                || "This link is incomplete; open it from the letter once more.".to_owned(),
                |fault| format!("The {} {}.", fault.field, fault.problem),
            );
            again(StatusCode::BAD_REQUEST, &problem)
        }
        (Code::Unauthenticated, _) => {
            let problem =
                "The letter does not fit, or is too old. After five wrong codes ask for a new one.";
            again(StatusCode::UNAUTHORIZED, problem)
        }
        (_, "seats_taken") => {
            again(StatusCode::CONFLICT, "There is no free place at the moment. Try again later.")
        }
        (_, "account_exists") => Ok(say(
            guest,
            StatusCode::CONFLICT,
            &Said {
                title: "You have an account",
                text: "This address has an account by now; sign in with it.",
                action: Some(("/signin", "Sign in")),
            },
        )),
        (_, "sign_up_closed") => Ok(closed(guest)),
        _ => Err(status.into()),
    }
}

fn welcome(guest: &Guest) -> Result<Response, Failure> {
    let mut response = say(
        guest,
        StatusCode::OK,
        &Said {
            title: "Welcome",
            text: "Your account is ready. Sign in with your address and the password.",
            action: Some(("/signin", "Sign in")),
        },
    );
    let cleared = sign_up_cookie(guest.visitor().scheme, &SecretString::default(), 0)?;
    response.headers_mut().append(header::SET_COOKIE, cleared);
    Ok(response)
}

/// What the service refused of a wish.
fn decline(
    guest: &Guest,
    captcha: &Captcha,
    email: &str,
    status: Status,
) -> Result<Response, Failure> {
    let refusal = wire::code_of(&status);
    let at_field = refusal.fields.iter().find(|fault| fault.field == "email");
    match (refusal.reason.as_str(), at_field) {
        ("sign_up_closed", _) => Ok(closed(guest)),
        ("address_not_allowed" | "address_not_served", Some(fault)) => {
            let problem = format!("This {}.", fault.problem);
            Ok(wish(guest, captcha, StatusCode::BAD_REQUEST, email, Some(&problem)))
        }
        (_, Some(_)) => {
            let problem = Some("This is no e-mail address.");
            Ok(wish(guest, captcha, StatusCode::BAD_REQUEST, email, problem))
        }
        _ => Err(status.into()),
    }
}

fn closed(guest: &Guest) -> Response {
    say(
        guest,
        StatusCode::FORBIDDEN,
        &Said {
            title: "By invitation",
            text: "Nobody signs up here by themselves. Ask somebody who works here to invite you.",
            action: Some(("/signin", "Sign in")),
        },
    )
}

fn elsewhere(guest: &Guest) -> Response {
    say(
        guest,
        StatusCode::BAD_REQUEST,
        &Said {
            title: "Not this browser",
            text: "The letter works only in the browser where it was asked for. Type its code there, or ask for a letter here.",
            action: Some(("/signup", "Ask for a letter here")),
        },
    )
}

fn wish(
    guest: &Guest,
    captcha: &Captcha,
    status: StatusCode,
    email: &str,
    problem: Option<&str>,
) -> Response {
    let shell = Shell::of(guest, "Sign up");
    captcha.dress(page(status, &WishPage { shell, captcha, email, problem }))
}

fn finish(
    guest: &Guest,
    status: StatusCode,
    asks_code: bool,
    name: &str,
    problem: Option<&str>,
) -> Response {
    let shell = Shell::of(guest, "Sign up");
    page(status, &FinishPage { shell, asks_code, name, problem })
}
