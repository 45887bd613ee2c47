//! What this service asks of others: which domains a tenant has proven and whether it is served, what somebody may do, and
//! that somebody new becomes a member.

use kernel::{Code, Cx, Email, TenantId, UserId};
use tonic::Status;
use wire::{
    call, code_of,
    tenant::v1::{
        ListDomainsRequest, ResolveTenantRequest, domains_client::DomainsClient,
        resolve_tenant_request::By, tenants_client::TenantsClient,
    },
    user::v1::{
        AcceptInvitationBySsoRequest, AdmitSsoPersonRequest, ListEffectiveRequest,
        access_client::AccessClient, sso_people_client::SsoPeopleClient,
    },
};

use crate::{
    App, Error, Result,
    domain::{ConnectionId, SsoInvitation, SsoRefusal, SsoRole},
};

/// The most that a page of domains holds.
const PAGE: i32 = 250;

/// The words with which `tenant` says that a tenant is served.
const SERVED: [&str; 2] = ["trial", "active"];

/// The hosts whose proof by the tenant stands at this moment.
pub(crate) async fn proven_domains(app: &App, cx: &Cx, tenant: TenantId) -> Result<Vec<String>> {
    let (mut proven, mut page_token) = (Vec::new(), String::new());
    let mut tenants = DomainsClient::new(app.mesh.to("tenant"));
    loop {
        let request = ListDomainsRequest { page_size: PAGE, page_token };
        let listed = tenants.list_domains(call(&own(cx, tenant), request)).await;
        let listed = listed.map_err(|status| refused("tenant", &status))?.into_inner();
        let stands = listed.domains.into_iter().filter(|domain| domain.status == "proven");
        proven.extend(stands.map(|domain| domain.host));
        if listed.next_page_token.is_empty() {
            return Ok(proven);
        }
        page_token = listed.next_page_token;
    }
}

/// Whether the tenant is there and served at this moment; the platform's own scope always is.
pub(crate) async fn is_served(app: &App, cx: &Cx, tenant: TenantId) -> Result<bool> {
    if tenant == TenantId::PLATFORM {
        return Ok(true);
    }
    let request = ResolveTenantRequest { by: Some(By::TenantId(tenant.to_string())) };
    let mut tenants = TenantsClient::new(app.mesh.to("tenant"));
    match tenants.resolve_tenant(call(&alone(cx), request)).await {
        Ok(found) => Ok(SERVED.contains(&found.get_ref().status.as_str())),
        Err(status) if code_of(&status).code == Code::NotFound => Ok(false),
        Err(status) => Err(refused("tenant", &status)),
    }
}

/// The tenant's name at this moment; nothing where there is no such tenant.
pub(crate) async fn tenant_name(app: &App, cx: &Cx, tenant: TenantId) -> Result<Option<String>> {
    let request = ResolveTenantRequest { by: Some(By::TenantId(tenant.to_string())) };
    let mut tenants = TenantsClient::new(app.mesh.to("tenant"));
    match tenants.resolve_tenant(call(&alone(cx), request)).await {
        Ok(found) => Ok(Some(found.into_inner().name)),
        Err(status) if code_of(&status).code == Code::NotFound => Ok(None),
        Err(status) => Err(refused("tenant", &status)),
    }
}

/// What somebody may do in a tenant.
#[derive(Debug, Clone)]
pub(crate) struct Rights {
    pub(crate) roles: Vec<String>,
    pub(crate) epoch: i64,
    /// Whether somebody else than a stranger: a member, a service account, or one of the platform's staff.
    pub(crate) belongs: bool,
    pub(crate) suspended: bool,
}

/// The rights of a person or a service account in a tenant, or on the platform's own scope.
pub(crate) async fn rights(app: &App, cx: &Cx, id: UserId, tenant: TenantId) -> Result<Rights> {
    weigh(app, cx, id, tenant, false).await
}

/// The same without what the person holds on the platform.
pub(crate) async fn rights_here(
    app: &App,
    cx: &Cx,
    id: UserId,
    tenant: TenantId,
) -> Result<Rights> {
    weigh(app, cx, id, tenant, true).await
}

async fn weigh(
    app: &App,
    cx: &Cx,
    id: UserId,
    tenant: TenantId,
    tenant_only: bool,
) -> Result<Rights> {
    let tenant = Some(tenant).filter(|&tenant| tenant != TenantId::PLATFORM);
    let request = ListEffectiveRequest {
        user_id: id.to_string(),
        tenant_id: tenant.map(|id| id.to_string()).unwrap_or_default(),
        tenant_only,
    };
    let asked =
        AccessClient::new(app.mesh.to("user")).list_effective(call(&alone(cx), request)).await;
    let found = asked.map_err(|status| refused("user", &status))?.into_inner();
    Ok(Rights {
        roles: found.roles,
        epoch: found.epoch,
        // The platform's own scope is everybody's.
        belongs: found.belongs || found.system_admin || tenant.is_none(),
        suspended: found.suspended,
    })
}

/// Somebody whom a provider vouches for, and who is to become a member.
#[derive(Debug)]
pub(crate) struct Newcomer<'a> {
    pub(crate) email: &'a Email,
    pub(crate) name: &'a str,
    pub(crate) role: SsoRole,
    pub(crate) connection_id: ConnectionId,
    pub(crate) subject_key: String,
}

/// Makes somebody new a member of the tenant; asking again answers the same person.
pub(crate) async fn admit(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    newcomer: Newcomer<'_>,
) -> Result<UserId> {
    let request = AdmitSsoPersonRequest {
        email: newcomer.email.to_string(),
        name: newcomer.name.to_owned(),
        role: newcomer.role.to_string(),
        connection_id: newcomer.connection_id.to_string(),
        subject_key: newcomer.subject_key,
    };
    let mut user = SsoPeopleClient::new(app.mesh.to("user"));
    let admitted = user.admit_sso_person(call(&own(cx, tenant), request)).await;
    let admitted = admitted.map_err(|status| match code_of(&status).reason.as_str() {
        "email_taken" | "account_disabled" => Error::Sso(SsoRefusal::LinkFirst),
        "seats_taken" => Error::Sso(SsoRefusal::NotAdmitted),
        _ => refused("user", &status),
    })?;
    UserId::parse(&admitted.get_ref().user_id).map_err(|_| unreadable())
}

/// Somebody for whom a provider vouches on the way of an invitation.
#[derive(Debug)]
pub(crate) struct InvitedGuest<'a> {
    pub(crate) invitation: &'a SsoInvitation,
    pub(crate) connection_id: ConnectionId,
    pub(crate) subject_key: String,
    pub(crate) email: &'a Email,
    pub(crate) domain_proven: bool,
    pub(crate) linked: Option<UserId>,
}

/// Has somebody accept an invitation; answers who came in, and their address here. Asking again answers the same person.
pub(crate) async fn accept_invitation(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    guest: InvitedGuest<'_>,
) -> Result<(UserId, Email)> {
    let request = AcceptInvitationBySsoRequest {
        token: guest.invitation.expose().to_owned(),
        connection_id: guest.connection_id.to_string(),
        subject_key: guest.subject_key,
        email: guest.email.to_string(),
        domain_proven: guest.domain_proven,
        linked_user_id: guest.linked.map(|user| user.to_string()).unwrap_or_default(),
    };
    let mut user = SsoPeopleClient::new(app.mesh.to("user"));
    let accepted = user.accept_invitation_by_sso(call(&own(cx, tenant), request)).await;
    let accepted = accepted.map_err(|status| unaccepted(&status))?.into_inner();
    let user_id = UserId::parse(&accepted.user_id).map_err(|_| unreadable())?;
    Ok((user_id, Email::parse(&accepted.email).map_err(|_| unreadable())?))
}

/// Why somebody did not come in by an invitation.
fn unaccepted(status: &Status) -> Error {
    let refusal = code_of(status);
    match (refusal.reason.as_str(), refusal.code) {
        ("invitation_for_another_address", _) => Error::Sso(SsoRefusal::OtherAddress),
        ("sign_in_instead" | "account_disabled", _) => Error::Sso(SsoRefusal::LinkFirst),
        ("inviter_lacks_role" | "tenant_suspended" | "seats_taken", _) => {
            Error::Sso(SsoRefusal::NotAdmitted)
        }
        (_, Code::Gone | Code::NotFound) => Error::Sso(SsoRefusal::InvitationClosed),
        _ => refused("user", status),
    }
}

/// What `user` answered is no answer.
fn unreadable() -> Error {
    Error::Peer { service: "user", reason: "bad_answer".into(), away: false }
}

/// The same request in this service's own name, about one tenant.
fn own(cx: &Cx, tenant: TenantId) -> Cx {
    Cx { passport: None, tenant: Some(tenant), idempotency_key: None, ..cx.clone() }
}

/// The same request in this service's own name: about somebody or some tenant, not for them.
fn alone(cx: &Cx) -> Cx {
    Cx { passport: None, tenant: None, idempotency_key: None, ..cx.clone() }
}

fn refused(service: &'static str, status: &Status) -> Error {
    let refusal = code_of(status);
    let away = matches!(refusal.code, Code::Unavailable | Code::Timeout | Code::Exhausted);
    Error::Peer { service, reason: refusal.reason, away }
}
