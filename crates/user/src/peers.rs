//! What this service asks of others: credentials of `auth`, names and languages of `tenant`, and of all that they forget
//! somebody.

use kernel::{Code, Cx, Locale, SessionId, TenantId, UserId};
use secrecy::{ExposeSecret, SecretString};
use tonic::Status;
use wire::{
    auth::v1::{
        ActivateCredentialRequest, ErasePersonRequest, FollowPersonRequest, StageCredentialRequest,
        VerifyPasswordRequest, credentials_client::CredentialsClient,
        standings_client::StandingsClient,
    },
    call, code_of,
    notifier::v1::{EraseRecipientRequest, recipients_client::RecipientsClient},
    provisioning::v1::{EraseClientPersonRequest, client_people_client::ClientPeopleClient},
    tenant::v1::{
        ResolveTenantRequest, Tenant, resolve_tenant_request, tenants_client::TenantsClient,
    },
};

use crate::{
    App, Error, Result,
    domain::{Person, PersonStanding},
};

/// The word with which `auth` says that it is not the password.
const WRONG_PASSWORD: &str = "wrong_password";

/// The words with which `tenant` says that a tenant is open for business.
const OPEN: [&str; 2] = ["trial", "active"];

/// Has `auth` keep a password that does nothing until it is activated; answers the credential's id.
pub(crate) async fn stage_credential(
    app: &App,
    cx: &Cx,
    person: &Person,
    password: &SecretString,
) -> Result<String> {
    let request = StageCredentialRequest {
        user_id: person.user_id.to_string(),
        email: person.email.to_string(),
        password: password.expose_secret().to_owned(),
    };
    let mut auth = CredentialsClient::new(app.mesh.to("auth"));
    let staged = auth.stage_credential(call(&own(cx), request)).await;
    Ok(staged.map_err(|status| refused("auth", &status))?.into_inner().credential_id)
}

/// Makes a staged credential the person's own; a person who has a password keeps it.
pub(crate) async fn activate_credential(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    credential_id: &str,
) -> Result<()> {
    let request = ActivateCredentialRequest {
        user_id: user_id.to_string(),
        credential_id: credential_id.to_owned(),
    };
    let mut auth = CredentialsClient::new(app.mesh.to("auth"));
    let activated = auth.activate_credential(call(&own(cx), request)).await;
    activated.map_err(|status| refused("auth", &status))?;
    Ok(())
}

/// Tells `auth` how the person stands: by which address they sign in, and whether they may. Where the address is
/// another one, or nobody may sign in by it, sessions end, but the one that is `kept`.
pub(crate) async fn follow_person(
    app: &App,
    cx: &Cx,
    standing: &PersonStanding,
    kept: Option<SessionId>,
) -> Result<()> {
    let request = FollowPersonRequest {
        user_id: standing.user_id.to_string(),
        version: standing.version,
        email: standing.email.to_string(),
        status: standing.status.to_string(),
        kept_session_id: kept.map(|kept| kept.to_string()).unwrap_or_default(),
    };
    let mut auth = StandingsClient::new(app.mesh.to("auth"));
    let followed = auth.follow_person(call(&own(cx), request)).await;
    followed.map_err(|status| refused("auth", &status))?;
    Ok(())
}

/// Has the other services forget a person, whom they know by the id or by an address; each may be asked again.
pub(crate) async fn erase_person(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    emails: &[String],
) -> Result<()> {
    let (cx, user_id) = (own(cx), user_id.to_string());
    let request = ErasePersonRequest { user_id: user_id.clone() };
    let mut auth = StandingsClient::new(app.mesh.to("auth"));
    let erased = auth.erase_person(call(&cx, request)).await;
    erased.map_err(|status| refused("auth", &status))?;
    let request = EraseRecipientRequest { user_id: user_id.clone(), emails: emails.to_vec() };
    let mut notifier = RecipientsClient::new(app.mesh.to("notifier"));
    let erased = notifier.erase_recipient(call(&cx, request)).await;
    erased.map_err(|status| refused("notifier", &status))?;
    let request = EraseClientPersonRequest { user_id, emails: emails.to_vec() };
    let mut provisioning = ClientPeopleClient::new(app.mesh.to("provisioning"));
    let erased = provisioning.erase_client_person(call(&cx, request)).await;
    erased.map_err(|status| refused("provisioning", &status))?;
    Ok(())
}

/// Asks `auth` whether this is the person's password.
pub(crate) async fn verify_password(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    password: &SecretString,
) -> Result<()> {
    let request = VerifyPasswordRequest {
        user_id: user_id.to_string(),
        password: password.expose_secret().to_owned(),
    };
    let mut auth = CredentialsClient::new(app.mesh.to("auth"));
    let verified = auth.verify_password(call(&own(cx), request)).await;
    verified.map_err(|status| refused("auth", &status))?;
    Ok(())
}

/// The tenant as `tenant` knows it; one that is not open takes nobody in.
async fn tenant(app: &App, cx: &Cx, tenant_id: TenantId) -> Result<Tenant> {
    let by = resolve_tenant_request::By::TenantId(tenant_id.to_string());
    let request = ResolveTenantRequest { by: Some(by) };
    let mut tenants = TenantsClient::new(app.mesh.to("tenant"));
    let found = tenants.resolve_tenant(call(&own(cx), request)).await;
    let found = found.map_err(|status| refused("tenant", &status))?.into_inner();
    if OPEN.contains(&found.status.as_str()) { Ok(found) } else { Err(Error::TenantSuspended) }
}

/// The tenant's name as people read it.
pub(crate) async fn tenant_name(app: &App, cx: &Cx, tenant_id: TenantId) -> Result<String> {
    Ok(tenant(app, cx, tenant_id).await?.name)
}

/// The language the tenant's letters are written in.
pub(crate) async fn tenant_locale(app: &App, cx: &Cx, tenant_id: TenantId) -> Result<Locale> {
    let found = tenant(app, cx, tenant_id).await?;
    Locale::parse(&found.locale)
        .map_err(|_| Error::PeerRefused { service: "tenant", reason: "unknown_locale".into() })
}

/// The same request in this service's own name: what it asks is not the caller's to ask.
fn own(cx: &Cx) -> Cx {
    Cx { passport: None, tenant: None, idempotency_key: None, ..cx.clone() }
}

/// What another service's answer means here.
fn refused(service: &'static str, status: &Status) -> Error {
    let refusal = code_of(status);
    let password = refusal.fields.iter().any(|violation| violation.field == "password");
    match refusal.code {
        Code::NotFound if service == "tenant" => Error::TenantNotFound,
        Code::Invalid if password => Error::PasswordRefused(refusal.fields),
        Code::Unauthenticated if refusal.reason == WRONG_PASSWORD => Error::WrongPassword,
        Code::Exhausted => Error::TooManyAttempts(refusal.retry_after),
        code if code.retry_helps() => {
            Error::PeerAway { service, reason: refusal.reason, retry_after: refusal.retry_after }
        }
        _ => Error::PeerRefused { service, reason: refusal.reason },
    }
}
