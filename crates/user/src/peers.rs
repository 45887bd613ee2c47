//! What this service asks of others: credentials of `auth`, names and languages of `tenant`, and of all that they forget
//! somebody.

use kernel::{Actor, Code, Credential, Cx, Locale, SessionId, TenantId, UserId};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tonic::Status;
use wire::{
    auth::v1::{
        ActivateCredentialRequest, BeginStagedPasskeyRequest, CheckDomainRequest,
        ErasePersonRequest, ExportPersonRequest, FollowPersonRequest, PasskeyCeremony,
        RequireFreshRequest, StageCredentialRequest, StagePasskeyRequest, VerifyPasswordRequest,
        bans_client::BansClient, credentials_client::CredentialsClient,
        staged_passkeys_client::StagedPasskeysClient, standings_client::StandingsClient,
    },
    call, code_of,
    notifier::v1::{
        EraseRecipientRequest, ExportRecipientRequest, recipients_client::RecipientsClient,
    },
    provisioning::v1::{
        EraseClientPersonRequest, ExportClientPersonRequest,
        client_people_client::ClientPeopleClient,
    },
    tenant::v1::{
        ResolveTenantRequest, Tenant, resolve_tenant_request, tenants_client::TenantsClient,
    },
};

use crate::{
    App, Error, Result,
    domain::{PasskeyRefusal, Person, PersonStanding},
};

/// The word with which `auth` says that it is not the password.
const WRONG_PASSWORD: &str = "wrong_password";

/// The words with which `auth` says that the session's proof is too old, or a provider's.
const STEP_UP: &str = "step_up_required";
const SSO_SESSION: &str = "sso_session";

/// The words with which `auth` says that what a device made is not what was asked for. A token of the wrong shape is one of
/// these too.
const NO_PASSKEY: [&str; 3] = ["passkey_invalid", "ceremony_over", "passkey_taken"];

/// The word with which `auth` says that there are no passkeys at the platform's address.
const PASSKEYS_OFF: &str = "passkeys_off";

/// The words with which `tenant` says that a tenant is open for business.
const OPEN: [&str; 2] = ["trial", "active"];

/// Has `auth` keep a password that does nothing until it is activated; answers the credential's id. Where it is chosen on
/// the way into a tenant, it is as long as that asks for, and does not lean on these words of the place.
pub(crate) async fn stage_credential(
    app: &App,
    cx: &Cx,
    tenant: Option<TenantId>,
    words: &[String],
    person: &Person,
    password: &SecretString,
) -> Result<String> {
    let request = StageCredentialRequest {
        user_id: person.user_id.to_string(),
        email: person.email.to_string(),
        password: password.expose_secret().to_owned(),
        words: words.to_vec(),
    };
    let mut auth = CredentialsClient::new(app.mesh.to("auth"));
    let staged = auth.stage_credential(call(&Cx { tenant, ..own(cx) }, request)).await;
    Ok(staged.map_err(|status| refused("auth", &status))?.into_inner().credential_id)
}

/// What `auth` wants the person's device to be asked.
pub(crate) type PasskeyAsked = PasskeyCeremony;

/// A new person's passkey: what was asked of the device, and what it answered.
#[derive(Debug, Clone)]
pub(crate) struct NewPasskey {
    pub(crate) token: SecretString,
    pub(crate) credential: SecretString,
}

/// Has `auth` ask for a passkey of somebody who has none.
pub(crate) async fn begin_staged_passkey(
    app: &App,
    cx: &Cx,
    person: &Person,
) -> Result<PasskeyAsked> {
    let request = BeginStagedPasskeyRequest {
        user_id: person.user_id.to_string(),
        email: person.email.to_string(),
    };
    let mut auth = StagedPasskeysClient::new(app.mesh.to("auth"));
    let begun = auth.begin_staged_passkey(call(&own(cx), request)).await;
    Ok(begun.map_err(|status| refused("auth", &status))?.into_inner())
}

/// Has `auth` keep a passkey that does nothing until it is activated; answers the credential's id.
pub(crate) async fn stage_passkey(
    app: &App,
    cx: &Cx,
    person: &Person,
    passkey: &NewPasskey,
) -> Result<String> {
    let request = StagePasskeyRequest {
        user_id: person.user_id.to_string(),
        token: passkey.token.expose_secret().to_owned(),
        credential: passkey.credential.expose_secret().to_owned(),
    };
    let mut auth = StagedPasskeysClient::new(app.mesh.to("auth"));
    let staged = auth.stage_passkey(call(&own(cx), request)).await;
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

/// Asks `auth` whether the platform takes no addresses of this domain.
pub(crate) async fn is_banned_domain(app: &App, cx: &Cx, domain: &str) -> Result<bool> {
    let request = CheckDomainRequest { domain: domain.to_owned() };
    let mut bans = BansClient::new(app.mesh.to("auth"));
    let checked = bans.check_domain(call(&own(cx), request)).await;
    Ok(checked.map_err(|status| refused("auth", &status))?.into_inner().banned)
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

/// What `auth` keeps of how the person signs in, as JSON of its record.
pub(crate) async fn export_person(app: &App, cx: &Cx, user_id: UserId) -> Result<Value> {
    let request = ExportPersonRequest { user_id: user_id.to_string() };
    let mut auth = StandingsClient::new(app.mesh.to("auth"));
    let told = auth.export_person(call(&own(cx), request)).await;
    Ok(wire::json::encode(told.map_err(|status| refused("auth", &status))?.get_ref()))
}

/// What `notifier` keeps of letters to these addresses, as JSON of its record.
pub(crate) async fn export_recipient(app: &App, cx: &Cx, emails: Vec<String>) -> Result<Value> {
    let request = ExportRecipientRequest { emails };
    let mut notifier = RecipientsClient::new(app.mesh.to("notifier"));
    let told = notifier.export_recipient(call(&own(cx), request)).await;
    Ok(wire::json::encode(told.map_err(|status| refused("notifier", &status))?.get_ref()))
}

/// What `provisioning` keeps of the person as a client, as JSON of its record.
pub(crate) async fn export_client_person(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    emails: Vec<String>,
) -> Result<Value> {
    let request = ExportClientPersonRequest { user_id: user_id.to_string(), emails };
    let mut provisioning = ClientPeopleClient::new(app.mesh.to("provisioning"));
    let told = provisioning.export_client_person(call(&own(cx), request)).await;
    Ok(wire::json::encode(told.map_err(|status| refused("provisioning", &status))?.get_ref()))
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

/// Has the caller show once more that they are the person: by their password, or, where none is given, by a proof that
/// their session saw lately.
pub(crate) async fn prove_again(app: &App, cx: &Cx, password: &SecretString) -> Result<UserId> {
    let Actor::User { id: me, session } = cx.actor else {
        return Err(Error::PersonNotFound);
    };
    if !password.expose_secret().is_empty() {
        verify_password(app, cx, me, password).await?;
        return Ok(me);
    }
    if cx.flags.credential != Credential::Session {
        return Err(Error::StepUpRequired);
    }
    let request = RequireFreshRequest { user_id: me.to_string(), session_id: session.to_string() };
    let mut auth = CredentialsClient::new(app.mesh.to("auth"));
    let proven = auth.require_fresh(call(&own(cx), request)).await;
    proven.map_err(|status| match code_of(&status).reason.as_str() {
        STEP_UP => Error::StepUpRequired,
        SSO_SESSION => Error::SsoSession,
        _ => refused("auth", &status),
    })?;
    Ok(me)
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

/// The tenant's slug and its name.
pub(crate) async fn tenant_address(
    app: &App,
    cx: &Cx,
    tenant_id: TenantId,
) -> Result<(String, String)> {
    let found = tenant(app, cx, tenant_id).await?;
    Ok((found.slug, found.name))
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
    let names = |field: &str| refusal.fields.iter().any(|violation| violation.field == field);
    let password = names("password");
    match refusal.code {
        Code::NotFound if service == "tenant" => Error::TenantNotFound,
        Code::Invalid if password => Error::PasswordRefused(refusal.fields),
        Code::Invalid if names("token") => PasskeyRefusal::Refused.into(),
        Code::Unauthenticated if refusal.reason == WRONG_PASSWORD => Error::WrongPassword,
        _ if NO_PASSKEY.contains(&refusal.reason.as_str()) => PasskeyRefusal::Refused.into(),
        _ if refusal.reason == PASSKEYS_OFF => PasskeyRefusal::Off.into(),
        Code::Exhausted => Error::TooManyAttempts(refusal.retry_after),
        code if code.retry_helps() => {
            Error::PeerAway { service, reason: refusal.reason, retry_after: refusal.retry_after }
        }
        _ => Error::PeerRefused { service, reason: refusal.reason },
    }
}
