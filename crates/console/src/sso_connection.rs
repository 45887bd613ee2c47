//! A workspace's connection with a provider: made, changed and ended on the settings' pages.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use kernel::Code;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tonic::Status;
use wire::{
    Mesh,
    auth::v1::{
        CreateSsoConnectionRequest, DeleteSsoConnectionRequest, GetSsoConnectionRequest,
        SsoConnection, UpdateSsoConnectionRequest, sso_connections_client::SsoConnectionsClient,
    },
};

use crate::{
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Shell, page, redirect},
    settings::{problem_of, words_in},
};

/// What the form sends. The issuer of a connection never changes, so its form does not send it again.
#[derive(Debug, Deserialize)]
pub(crate) struct Form {
    name: String,
    #[serde(default)]
    issuer: String,
    client_id: String,
    client_secret: SecretString,
    domains: String,
    role: String,
    #[serde(default)]
    enabled: String,
}

#[derive(Template)]
#[template(path = "sso_connection.html")]
struct Page<'a> {
    shell: Shell,
    /// What is known or was typed; without an id it is to be made.
    connection: SsoConnection,
    domains: String,
    problem: Option<&'a str>,
}

/// Shows the form of a new connection.
pub(crate) async fn form(guest: Guest) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let fresh = SsoConnection { role: "client".into(), enabled: true, ..SsoConnection::default() };
    Ok(show(&guest, StatusCode::OK, fresh, None))
}

/// Connects a provider, and shows what it has to be told.
pub(crate) async fn create(
    State(mesh): State<Mesh>,
    guest: Guest,
    Fields(form): Fields<Form>,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let typed = typed(&form, String::new());
    let request = CreateSsoConnectionRequest {
        name: form.name,
        issuer: form.issuer,
        client_id: form.client_id,
        client_secret: form.client_secret.expose_secret().to_owned(),
        domains: words_in(&form.domains),
        role: form.role,
        enabled: !form.enabled.is_empty(),
    };
    let created = SsoConnectionsClient::new(mesh.to("auth"))
        .create_sso_connection(wire::call(guest.cx(), request))
        .await;
    match created {
        Ok(created) => {
            let id = created.into_inner().connection_id;
            Ok(redirect(&guest.at(&format!("/settings/sso/{id}"))))
        }
        Err(status) => again(&guest, typed, status),
    }
}

/// Shows a connection.
pub(crate) async fn known(
    State(mesh): State<Mesh>,
    Path(connection_id): Path<String>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let call = wire::call(guest.cx(), GetSsoConnectionRequest { connection_id });
    let found = SsoConnectionsClient::new(mesh.to("auth")).get_sso_connection(call).await?;
    Ok(show(&guest, StatusCode::OK, found.into_inner(), None))
}

/// Changes it; an empty client secret stays as it was.
pub(crate) async fn update(
    State(mesh): State<Mesh>,
    Path(connection_id): Path<String>,
    guest: Guest,
    Fields(form): Fields<Form>,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let mut client = SsoConnectionsClient::new(mesh.to("auth"));
    let asked = GetSsoConnectionRequest { connection_id: connection_id.clone() };
    let held = client.get_sso_connection(wire::call(guest.cx(), asked)).await?.into_inner();
    let typed = SsoConnection {
        issuer: held.issuer,
        redirect_uri: held.redirect_uri,
        ..typed(&form, connection_id.clone())
    };
    let request = UpdateSsoConnectionRequest {
        connection_id,
        name: form.name,
        client_id: form.client_id,
        client_secret: form.client_secret.expose_secret().to_owned(),
        domains: words_in(&form.domains),
        role: form.role,
        enabled: !form.enabled.is_empty(),
    };
    match client.update_sso_connection(wire::call(guest.cx(), request)).await {
        Ok(_) => Ok(redirect(&guest.at("/settings"))),
        Err(status) => again(&guest, typed, status),
    }
}

/// Ends it.
pub(crate) async fn end(
    State(mesh): State<Mesh>,
    Path(connection_id): Path<String>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let call = wire::call(guest.cx(), DeleteSsoConnectionRequest { connection_id });
    match SsoConnectionsClient::new(mesh.to("auth")).delete_sso_connection(call).await {
        // Ended already is as good.
        Err(status) if wire::code_of(&status).code != Code::NotFound => Err(status.into()),
        _ => Ok(redirect(&guest.at("/settings"))),
    }
}

/// What was typed, as the page shows it again; never the secret.
fn typed(form: &Form, connection_id: String) -> SsoConnection {
    SsoConnection {
        connection_id,
        name: form.name.clone(),
        issuer: form.issuer.clone(),
        client_id: form.client_id.clone(),
        domains: words_in(&form.domains),
        role: form.role.clone(),
        enabled: !form.enabled.is_empty(),
        ..SsoConnection::default()
    }
}

/// The form again, with what can be mended.
fn again(guest: &Guest, typed: SsoConnection, status: Status) -> Result<Response, Failure> {
    let refusal = wire::code_of(&status);
    match refusal.code {
        Code::Invalid | Code::Conflict => {
            Ok(show(guest, StatusCode::BAD_REQUEST, typed, Some(&problem_of(&refusal))))
        }
        _ => Err(status.into()),
    }
}

fn show(
    guest: &Guest,
    status: StatusCode,
    connection: SsoConnection,
    problem: Option<&str>,
) -> Response {
    let (shell, domains) = (Shell::of(guest, "Single sign-on"), connection.domains.join(" "));
    page(status, &Page { shell, connection, domains, problem })
}
