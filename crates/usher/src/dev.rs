//! What `usher dev` adds to a platform: kept keys, the sandbox, a sample tenant and its operator.

use std::{fs, os::unix::fs::OpenOptionsExt, path::Path};

use anyhow::Context;
use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Clock, Cx};
use sandbox::Sandbox;
use secrecy::{ExposeSecret, SecretString};
use wire::{
    Mesh,
    auth::v1::{IssueSessionRequest, sessions_client::SessionsClient},
    call,
    tenant::v1::{
        CreateTenantRequest, ResolveTenantRequest, resolve_tenant_request,
        tenants_client::TenantsClient,
    },
    user::v1::{CreateUserRequest, people_client::PeopleClient},
};

use crate::{
    api::{Api, Running},
    commands::dev::Dev,
    platform::Settings,
};

/// The operator that owns a dev platform.
const OPERATOR: &str = "operator@usher.example";

/// The sample tenant.
const TENANT: &str = "demo";

/// The operator's way in.
pub(crate) struct Seeded {
    /// Bearer token of the operator.
    pub(crate) token: String,
    /// A sign-in link for the console that works for a quarter of an hour.
    pub(crate) link: String,
}

/// Draws the master key at the first start and keeps it in the data folder.
pub(crate) fn keep_master_key(settings: &mut Settings, data: &Path) -> anyhow::Result<()> {
    if settings.boot.master_key.is_some() || settings.boot.master_key_file.is_some() {
        return Ok(());
    }
    let file = data.join("master.key");
    if !file.exists() {
        write_private(&file, vault::MasterKey::draw()?.expose_secret())?;
    }
    settings.boot.master_key_file = Some(file);
    Ok(())
}

/// Starts the stand-ins with their memory in the data folder.
pub(crate) async fn sandbox(args: &Dev) -> anyhow::Result<Sandbox> {
    let mut config = match &args.sandbox_config {
        None => sandbox::Config::default(),
        Some(file) => {
            let text = fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            serde_json::from_str(&text)
                .with_context(|| format!("{} does not configure the sandbox", file.display()))?
        }
    };
    config.data_dir.get_or_insert_with(|| args.data.join("sandbox"));
    sandbox::start(config).await
}

/// Mail and provisioning go to the stand-ins, unless real ones are configured.
pub(crate) fn point_at(settings: &mut Settings, sandbox: &Sandbox) {
    let smtp = format!("smtp://{}", sandbox.mail.smtp_addr());
    settings.notifier.smtp_url.get_or_insert_with(|| smtp.into());
    settings.provisioning.legacy_url.get_or_insert_with(|| sandbox.legacy.url().to_string());
    let key = sandbox.legacy.api_key().expose_secret().to_owned();
    settings.provisioning.legacy_api_key.get_or_insert_with(|| key.into());
}

/// Makes sure that the sample tenant and the operator exist; keeps a token that still works.
pub(crate) async fn seed(mesh: &Mesh, url: &str, known: Option<String>) -> anyhow::Result<Seeded> {
    let cx = Cx::of_service("usher", None, &Clock::system());
    let mut tenants = TenantsClient::new(mesh.to("tenant"));
    let by = Some(resolve_tenant_request::By::Slug(TENANT.into()));
    if tenants.resolve_tenant(call(&cx, ResolveTenantRequest { by })).await.is_err() {
        let wish = CreateTenantRequest {
            name: "Demo".into(),
            slug: TENANT.into(),
            ..CreateTenantRequest::default()
        };
        tenants.create_tenant(call(&cx, wish)).await?;
    }
    let wish = CreateUserRequest {
        email: OPERATOR.into(),
        name: "Operator".into(),
        password: password()?,
        role: "super_admin".into(),
    };
    let operator =
        PeopleClient::new(mesh.to("user")).create_user(call(&cx, wish)).await?.into_inner();
    let token = match known {
        Some(token) if works(url, &token).await => token,
        _ => issue(mesh, &cx, &operator.user_id, 30 * 24 * 3600).await?,
    };
    let ticket = issue(mesh, &cx, &operator.user_id, 12 * 3600).await?;
    Ok(Seeded { token, link: format!("{url}/signin/link/{ticket}") })
}

async fn issue(mesh: &Mesh, cx: &Cx, user_id: &str, ttl_seconds: i64) -> anyhow::Result<String> {
    let wish = IssueSessionRequest { user_id: user_id.into(), ttl_seconds };
    let session = SessionsClient::new(mesh.to("auth")).issue_session(call(cx, wish)).await?;
    Ok(session.into_inner().token)
}

async fn works(url: &str, token: &str) -> bool {
    let api = Api::new(url.into(), Some(SecretString::from(token)), None);
    match api {
        Ok(api) => api.get::<serde_json::Value>(None, "/v1/me").await.is_ok(),
        Err(_) => false,
    }
}

/// Nobody types this: the operator of a dev platform signs in by link or token.
fn password() -> anyhow::Result<String> {
    let mut bytes = [0_u8; 24];
    rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("the system gives no randomness"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Tells other commands where the platform is and how to speak to it.
pub(crate) fn write_running(data: &Path, running: &Running) -> anyhow::Result<()> {
    write_private(&Running::file(data), &serde_json::to_string_pretty(running)?)
}

/// Writes a file that only its owner reads, whole or not at all.
fn write_private(file: &Path, text: &str) -> anyhow::Result<()> {
    let draft = file.with_extension("draft");
    let _ = fs::remove_file(&draft);
    let mut opened =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    std::io::Write::write_all(&mut opened, text.as_bytes())?;
    opened.sync_all()?;
    fs::rename(&draft, file).with_context(|| format!("cannot write {}", file.display()))
}
