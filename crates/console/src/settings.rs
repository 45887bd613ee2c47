//! What a workspace decides for itself: how one signs in to it, who may be invited, which sites may call for its people.

use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;
use kernel::Code;
use serde::Deserialize;
use wire::{
    Mesh, Refusal,
    auth::v1::{
        ListSsoConnectionsRequest, SsoConnection, sso_connections_client::SsoConnectionsClient,
    },
    tenant::v1::{
        GetSettingsRequest, Settings, UpdateSettingsRequest,
        tenant_settings_client::TenantSettingsClient,
    },
};

use crate::{
    failure::Failure,
    form::Fields,
    guest::Guest,
    page::{Shell, page as answer, redirect},
};

/// What the form sends; a box that is not ticked is left out.
#[derive(Debug, Deserialize)]
pub(crate) struct Form {
    version: i64,
    locale: String,
    time_zone: String,
    day_border: String,
    allowed_email_domains: String,
    #[serde(default)]
    mfa_required: String,
    password_min_length: i32,
    session_idle_minutes: i32,
    session_absolute_minutes: i32,
    #[serde(default)]
    invitation_links_shown: String,
    allowed_origins: String,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct Page<'a> {
    shell: Shell,
    settings: Settings,
    domains: String,
    origins: String,
    may_set: bool,
    /// The providers that people may sign in by; none where the guest may not know.
    connections: Option<Vec<SsoConnection>>,
    problem: Option<&'a str>,
}

/// Shows the page.
pub(crate) async fn page(State(mesh): State<Mesh>, guest: Guest) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let settings = held(&mesh, &guest).await?;
    show(&mesh, &guest, StatusCode::OK, settings, None).await
}

/// Sets all that the form shows.
pub(crate) async fn set(
    State(mesh): State<Mesh>,
    guest: Guest,
    Fields(form): Fields<Form>,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let request = UpdateSettingsRequest {
        version: form.version,
        locale: form.locale,
        time_zone: form.time_zone,
        day_border: form.day_border,
        allowed_email_domains: words_in(&form.allowed_email_domains),
        mfa_required: !form.mfa_required.is_empty(),
        password_min_length: form.password_min_length,
        session_idle_minutes: form.session_idle_minutes,
        session_absolute_minutes: form.session_absolute_minutes,
        invitation_links_shown: Some(!form.invitation_links_shown.is_empty()),
        allowed_origins: words_in(&form.allowed_origins),
    };
    let typed = typed(&request);
    let set = TenantSettingsClient::new(mesh.to("tenant"))
        .update_settings(wire::call(guest.cx(), request))
        .await;
    let Err(status) = set else { return Ok(redirect(&guest.at("/settings"))) };
    let refusal = wire::code_of(&status);
    match refusal.code {
        Code::Invalid => {
            let problem = problem_of(&refusal);
            show(&mesh, &guest, StatusCode::BAD_REQUEST, typed, Some(&problem)).await
        }
        Code::Conflict => {
            let problem = "Somebody else has changed the settings meanwhile. These are theirs; change them as you like.";
            let theirs = held(&mesh, &guest).await?;
            show(&mesh, &guest, StatusCode::CONFLICT, theirs, Some(problem)).await
        }
        _ => Err(status.into()),
    }
}

async fn held(mesh: &Mesh, guest: &Guest) -> Result<Settings, Failure> {
    let call = wire::call(guest.cx(), GetSettingsRequest {});
    Ok(TenantSettingsClient::new(mesh.to("tenant")).get_settings(call).await?.into_inner())
}

async fn show(
    mesh: &Mesh,
    guest: &Guest,
    status: StatusCode,
    settings: Settings,
    problem: Option<&str>,
) -> Result<Response, Failure> {
    let connections = match guest.cx().may("auth.sso.read") {
        true => {
            let call = wire::call(guest.cx(), ListSsoConnectionsRequest {});
            let listed =
                SsoConnectionsClient::new(mesh.to("auth")).list_sso_connections(call).await?;
            Some(listed.into_inner().connections)
        }
        false => None,
    };
    let shown = Page {
        shell: Shell::of(guest, "Settings"),
        domains: settings.allowed_email_domains.join(" "),
        origins: settings.allowed_origins.join(" "),
        may_set: guest.cx().may("tenant.settings.update"),
        settings,
        connections,
        problem,
    };
    Ok(answer(status, &shown))
}

/// What was typed, as the page shows it again.
fn typed(request: &UpdateSettingsRequest) -> Settings {
    let request = request.clone();
    Settings {
        version: request.version,
        locale: request.locale,
        time_zone: request.time_zone,
        day_border: request.day_border,
        allowed_email_domains: request.allowed_email_domains,
        mfa_required: request.mfa_required,
        password_min_length: request.password_min_length,
        session_idle_minutes: request.session_idle_minutes,
        session_absolute_minutes: request.session_absolute_minutes,
        invitation_links_shown: request.invitation_links_shown.unwrap_or_default(),
        allowed_origins: request.allowed_origins,
        set_at: None,
    }
}

/// The words of a field that takes several, between blanks, commas or on lines of their own.
pub(crate) fn words_in(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || c == ',');
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// What is wrong, in the page's words.
pub(crate) fn problem_of(refusal: &Refusal) -> String {
    let Some(fault) = refusal.fields.first() else { return refusal.message.clone() };
    let field = match fault.field.as_str() {
        "locale" => "language",
        "timeZone" => "time zone",
        "dayBorder" => "beginning of a day",
        "allowedEmailDomains" | "domains" => "list of domains",
        "passwordMinLength" => "length of passwords",
        "sessionIdleMinutes" => "time without use",
        "sessionAbsoluteMinutes" => "longest session",
        "allowedOrigins" => "list of sites",
        "clientId" => "client id",
        "clientSecret" => "client secret",
        other => other,
    };
    format!("The {field} {}.", fault.problem)
}
