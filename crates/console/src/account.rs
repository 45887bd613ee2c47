//! A person's own sign-in: the sessions, the address, a new password, which second factors there are, and who vouches.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use gateway::Front;
use http::StatusCode;
use kernel::Code;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use wire::{
    Mesh,
    auth::v1::{
        ChangePasswordRequest, EndNamedSessionRequest, EndOtherSessionsRequest, FactorSet,
        GetFactorsRequest, ListPasskeysRequest, ListSessionsRequest, OpenSession, Passkey,
        SsoChoice, factors_client::FactorsClient, passkeys_client::PasskeysClient,
        passwords_client::PasswordsClient, sessions_client::SessionsClient,
    },
    user::v1::{GetMeRequest, people_client::PeopleClient},
};

use crate::{
    factor::prove_first,
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Said, Shell, page as answer, redirect, say},
    reset::words,
    show::moment,
    sso_link::{self, Link},
};

/// What the form for a new password sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Change {
    current: SecretString,
    password: SecretString,
    repeated: SecretString,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Page<'a> {
    shell: Shell,
    sessions: Vec<Row>,
    factors: FactorSet,
    passkeys: Vec<Key>,
    /// The address that signs in, and whether the person has shown that they read its mail.
    email: String,
    address_proven: bool,
    /// Who vouches for the person, and who else could.
    links: Vec<Link>,
    choices: Vec<SsoChoice>,
    problem: Option<&'a str>,
}

/// A session as the page shows it.
struct Row {
    id: String,
    device: String,
    address: String,
    used: String,
    current: bool,
}

/// A passkey as the page shows it.
struct Key {
    id: String,
    name: String,
    made: String,
    used: String,
}

/// Shows the page.
pub(crate) async fn page(State(mesh): State<Mesh>, guest: Guest) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    show(&mesh, &guest, StatusCode::OK, None).await
}

/// Ends one session.
pub(crate) async fn end(
    State(mesh): State<Mesh>,
    Path(session_id): Path<String>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let call = wire::call(guest.cx(), EndNamedSessionRequest { session_id });
    SessionsClient::new(mesh.to("auth")).end_named_session(call).await?;
    Ok(redirect(&guest.at("/account")))
}

/// Ends all sessions but this one.
pub(crate) async fn end_others(
    State(mesh): State<Mesh>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let call = wire::call(guest.cx(), EndOtherSessionsRequest {});
    SessionsClient::new(mesh.to("auth")).end_other_sessions(call).await?;
    Ok(redirect(&guest.at("/account")))
}

/// Changes the password.
pub(crate) async fn change_password(
    State(mesh): State<Mesh>,
    front: Front,
    guest: Guest,
    Fields(fields): Fields<Change>,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    front.charge_login(guest.visitor())?;
    if fields.password.expose_secret() != fields.repeated.expose_secret() {
        let problem = Some("The two passwords differ.");
        return show(&mesh, &guest, StatusCode::BAD_REQUEST, problem).await;
    }
    let request = ChangePasswordRequest {
        current_password: fields.current.expose_secret().to_owned(),
        new_password: fields.password.expose_secret().to_owned(),
    };
    let changed = PasswordsClient::new(mesh.to("auth"))
        .change_password(wire::call(guest.cx(), request))
        .await;
    let Err(status) = changed else {
        return Ok(say(
            &guest,
            StatusCode::OK,
            &Said {
                title: "The password is changed",
                text: "Your other sessions have ended.",
                action: Some(("/account", "Back")),
            },
        ));
    };
    let refusal = wire::code_of(&status);
    let problem = match (refusal.code, refusal.reason.as_str()) {
        (Code::Unauthenticated, "wrong_password") => "This is not your current password.".into(),
        (Code::Exhausted, _) => "Too many tries. Wait a little, then try again.".into(),
        (Code::Invalid, _) => words(&refusal),
        _ => return prove_first(&guest, status),
    };
    show(&mesh, &guest, StatusCode::BAD_REQUEST, Some(&problem)).await
}

/// The page, with what is wrong.
pub(crate) async fn show(
    mesh: &Mesh,
    guest: &Guest,
    status: StatusCode,
    problem: Option<&str>,
) -> Result<Response, Failure> {
    let request = ListSessionsRequest { page_size: 100, page_token: String::new() };
    let listed = SessionsClient::new(mesh.to("auth"))
        .list_sessions(wire::call(guest.cx(), request))
        .await?
        .into_inner();
    let factors = FactorsClient::new(mesh.to("auth"))
        .get_factors(wire::call(guest.cx(), GetFactorsRequest {}))
        .await?
        .into_inner();
    let passkeys = PasskeysClient::new(mesh.to("auth"))
        .list_passkeys(wire::call(guest.cx(), ListPasskeysRequest {}))
        .await?
        .into_inner()
        .passkeys;
    let me = PeopleClient::new(mesh.to("user"))
        .get_me(wire::call(guest.cx(), GetMeRequest {}))
        .await?
        .into_inner();
    let (links, choices) = sso_link::known(mesh, guest).await?;
    let shown = Page {
        shell: Shell::of(guest, "Your sign-in"),
        sessions: listed.sessions.into_iter().rev().map(Row::from).collect(),
        factors,
        passkeys: passkeys.into_iter().map(Key::from).collect(),
        email: me.user.map(|user| user.email).unwrap_or_default(),
        address_proven: me.address_proven,
        links,
        choices,
        problem,
    };
    Ok(answer(status, &shown))
}

impl From<OpenSession> for Row {
    fn from(session: OpenSession) -> Self {
        Self {
            used: moment(wire::instant(session.last_used_at.as_ref())),
            id: session.session_id,
            device: session.device,
            address: session.address,
            current: session.current,
        }
    }
}

impl From<Passkey> for Key {
    fn from(passkey: Passkey) -> Self {
        Self {
            made: moment(wire::instant(passkey.created_at.as_ref())),
            used: moment(wire::instant(passkey.last_used_at.as_ref())),
            id: passkey.passkey_id,
            name: passkey.name,
        }
    }
}
