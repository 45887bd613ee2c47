//! Signing in by a letter: asking for it, typing its code, opening its link, all in one browser.

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
    auth::v1::{
        AskSignInLetterRequest, RedeemSignInLetterRequest, Session, letters_client::LettersClient,
    },
};

use crate::{
    captcha::{Captcha, Given},
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Said, Shell, page, say},
    signin::{enter, left},
    words::Words,
};

/// What the form that asks for a letter sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    email: String,
    #[serde(flatten)]
    proof: Given,
}

/// What the form that asks for a letter is for, as the API calls it.
const OPERATION: &str = "auth.Letters.AskSignInLetter";

/// What the form for the code sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Typed {
    code: SecretString,
}

#[derive(Template)]
#[template(path = "letter_wish.html")]
struct WishPage<'a> {
    shell: Shell,
    captcha: &'a Captcha,
    email: &'a str,
    problem: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "letter_code.html")]
struct CodePage<'a> {
    shell: Shell,
    problem: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "letter_link.html")]
struct LinkPage {
    shell: Shell,
}

/// Shows the form that asks for a letter.
pub(crate) async fn form(State(mesh): State<Mesh>, guest: Guest) -> Result<Response, Failure> {
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
    let captcha = Captcha::of(&mesh, &guest, OPERATION).await?;
    if let Some(problem) = fields.proof.prove(&front, &guest, OPERATION).await? {
        return Ok(wish(&guest, &captcha, StatusCode::FORBIDDEN, &fields.email, Some(problem)));
    }
    let request = AskSignInLetterRequest {
        email: fields.email.clone(),
        locale: Words::of_browser(&headers).lang.into(),
    };
    let asked = LettersClient::new(mesh.to("auth"))
        .ask_sign_in_letter(wire::call(guest.cx(), request))
        .await;
    let asked = match asked {
        Ok(asked) => asked.into_inner(),
        Err(status) if wire::code_of(&status).code == Code::Invalid => {
            let problem = Some("This is no e-mail address.");
            return Ok(wish(&guest, &captcha, StatusCode::BAD_REQUEST, &fields.email, problem));
        }
        Err(status) => return Err(status.into()),
    };
    let seconds = left(&guest, wire::instant(asked.expires_at.as_ref()));
    let cookie = letter_cookie(guest.visitor().scheme, &asked.binding.into(), seconds)?;
    let mut response = code(&guest, StatusCode::OK, None);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Signs in by the code.
pub(crate) async fn redeem_code(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
    Fields(fields): Fields<Typed>,
) -> Result<Response, Failure> {
    front.charge_login(guest.visitor())?;
    let Some(binding) = letter_binding(&headers, guest.visitor().scheme) else {
        return Ok(elsewhere(&guest));
    };
    let request = RedeemSignInLetterRequest {
        binding: binding.expose_secret().to_owned(),
        code: fields.code.expose_secret().to_owned(),
        token: String::new(),
    };
    match redeem(&mesh, &guest, request).await? {
        Some(session) => admit(&guest, session),
        None => {
            let problem = "The code does not fit, or the letter is too old. After five tries ask for a new one.";
            Ok(code(&guest, StatusCode::UNAUTHORIZED, Some(problem)))
        }
    }
}

/// Shows the button that signs in: whoever only opens the link, a mail scanner above all, uses nothing up.
pub(crate) async fn open(guest: Guest, headers: HeaderMap) -> Response {
    match letter_binding(&headers, guest.visitor().scheme) {
        Some(_) => page(StatusCode::OK, &LinkPage { shell: Shell::of(&guest, "Sign in") }),
        None => elsewhere(&guest),
    }
}

/// Signs in by the link.
pub(crate) async fn redeem_link(
    State(mesh): State<Mesh>,
    Path(token): Path<SecretString>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    front.charge_login(guest.visitor())?;
    let Some(binding) = letter_binding(&headers, guest.visitor().scheme) else {
        return Ok(elsewhere(&guest));
    };
    let request = RedeemSignInLetterRequest {
        binding: binding.expose_secret().to_owned(),
        code: String::new(),
        token: token.expose_secret().to_owned(),
    };
    match redeem(&mesh, &guest, request).await? {
        Some(session) => admit(&guest, session),
        None => Ok(say(
            &guest,
            StatusCode::GONE,
            &Said {
                title: "This link does not work any more",
                text: "It was used, it is too old, or a newer letter was asked for here.",
                action: Some(("/signin/letter", "Ask for a new letter")),
            },
        )),
    }
}

/// The session, or none where the letter lets nobody in.
async fn redeem(
    mesh: &Mesh,
    guest: &Guest,
    request: RedeemSignInLetterRequest,
) -> Result<Option<Session>, Failure> {
    let redeemed = LettersClient::new(mesh.to("auth"))
        .redeem_sign_in_letter(wire::call(guest.cx(), request))
        .await;
    match redeemed {
        Ok(session) => Ok(Some(session.into_inner())),
        Err(status) => match wire::code_of(&status).code {
            Code::Unauthenticated | Code::Invalid => Ok(None),
            _ => Err(status.into()),
        },
    }
}

fn admit(guest: &Guest, session: Session) -> Result<Response, Failure> {
    let mut response = enter(guest, session)?;
    let cleared = letter_cookie(guest.visitor().scheme, &SecretString::default(), 0)?;
    response.headers_mut().append(header::SET_COOKIE, cleared);
    Ok(response)
}

fn elsewhere(guest: &Guest) -> Response {
    say(
        guest,
        StatusCode::BAD_REQUEST,
        &Said {
            title: "Not this browser",
            text: "The letter works only in the browser where it was asked for. Type its code there, or ask for a letter here.",
            action: Some(("/signin/letter", "Ask for a letter here")),
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
    let shell = Shell::of(guest, "Sign in");
    captcha.dress(page(status, &WishPage { shell, captcha, email, problem }))
}

fn code(guest: &Guest, status: StatusCode, problem: Option<&str>) -> Response {
    page(status, &CodePage { shell: Shell::of(guest, "Sign in"), problem })
}
