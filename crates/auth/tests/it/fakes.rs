//! Stand-ins of the services that this one asks.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use kernel::{Code, Failure};
use tonic::{Request, Response, Status};
use wire::{
    refuse,
    tenant::v1::{
        AddDomainRequest, CheckDomainRequest, CreateTenantRequest, Domain, GetTenantRequest,
        ListDomainsRequest, ListDomainsResponse, ListTenantsRequest, ListTenantsResponse,
        RemoveDomainRequest, RemoveDomainResponse, ResolveTenantRequest, Tenant,
        domains_server::Domains, resolve_tenant_request::By, tenants_server::Tenants,
    },
    user::v1::{
        AcceptInvitationBySsoRequest, AcceptInvitationBySsoResponse, AdmitSsoPersonRequest,
        AdmitSsoPersonResponse, sso_people_server::SsoPeople,
    },
};

#[derive(Debug, thiserror::Error)]
#[error("{1}")]
struct Refused(Code, &'static str);

impl Failure for Refused {
    fn code(&self) -> Code {
        self.0
    }

    fn reason(&self) -> &'static str {
        self.1
    }
}

/// Hosts that tenants claim, with how each claim stands; tenants that are not served; and people by their addresses, with what made them members.
#[derive(Clone, Default)]
pub(crate) struct Others(Arc<Mutex<Book>>);

#[derive(Default)]
struct Book {
    domains: Vec<(String, String, String)>,
    people: HashMap<String, (String, String)>,
    suspended: HashSet<String>,
    names: HashMap<String, String>,
    invitations: HashMap<String, Invited>,
    /// What was asked of invitations.
    asked: Vec<AcceptInvitationBySsoRequest>,
}

/// An open invitation, or who came in by it and how.
struct Invited {
    tenant: String,
    email: String,
    came: Option<(String, String)>,
}

impl Others {
    /// From now on a tenant's claim of a host stands so.
    pub(crate) fn claim(&self, tenant: kernel::TenantId, host: &str, status: &str) {
        let mut book = self.0.lock().expect("no panic before");
        let tenant = tenant.to_string();
        book.domains.retain(|(of, known, _)| (of, known.as_str()) != (&tenant, host));
        book.domains.push((tenant, host.into(), status.into()));
    }

    /// From now on this tenant is not served.
    pub(crate) fn suspend(&self, tenant: kernel::TenantId) {
        self.0.lock().expect("no panic before").suspended.insert(tenant.to_string());
    }

    /// From now on it is again.
    pub(crate) fn resume(&self, tenant: kernel::TenantId) {
        self.0.lock().expect("no panic before").suspended.remove(&tenant.to_string());
    }

    /// From now on the tenant is called so.
    pub(crate) fn name(&self, tenant: kernel::TenantId, name: &str) {
        self.0.lock().expect("no panic before").names.insert(tenant.to_string(), name.into());
    }

    /// An invitation of the tenant to an address is open behind this token.
    pub(crate) fn invite(&self, tenant: kernel::TenantId, token: &str, email: &str) {
        let invited = Invited { tenant: tenant.to_string(), email: email.into(), came: None };
        self.0.lock().expect("no panic before").invitations.insert(token.into(), invited);
    }

    /// What was asked of invitations.
    pub(crate) fn asked(&self) -> Vec<AcceptInvitationBySsoRequest> {
        self.0.lock().expect("no panic before").asked.clone()
    }

    /// Somebody has this address.
    pub(crate) fn know(&self, email: &str, user_id: &str) {
        let mut book = self.0.lock().expect("no panic before");
        book.people.insert(email.into(), (user_id.into(), "invite".into()));
    }
}

#[tonic::async_trait]
impl Domains for Others {
    async fn list_domains(
        &self,
        request: Request<ListDomainsRequest>,
    ) -> Result<Response<ListDomainsResponse>, Status> {
        let tenant = wire::cx(&request)?.tenant.expect("about a tenant").to_string();
        let book = self.0.lock().expect("no panic before");
        let of_tenant = book.domains.iter().filter(|(of, ..)| *of == tenant);
        let domains = of_tenant.map(|(_, host, status)| Domain {
            host: host.clone(),
            status: status.clone(),
            ..Default::default()
        });
        let domains = domains.collect();
        Ok(Response::new(ListDomainsResponse { domains, next_page_token: String::new() }))
    }

    async fn add_domain(&self, _: Request<AddDomainRequest>) -> Result<Response<Domain>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }

    async fn check_domain(
        &self,
        _: Request<CheckDomainRequest>,
    ) -> Result<Response<Domain>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }

    async fn remove_domain(
        &self,
        _: Request<RemoveDomainRequest>,
    ) -> Result<Response<RemoveDomainResponse>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }
}

#[tonic::async_trait]
impl Tenants for Others {
    async fn create_tenant(
        &self,
        _: Request<CreateTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }

    async fn get_tenant(&self, _: Request<GetTenantRequest>) -> Result<Response<Tenant>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }

    async fn list_tenants(
        &self,
        _: Request<ListTenantsRequest>,
    ) -> Result<Response<ListTenantsResponse>, Status> {
        Err(Status::unimplemented("nobody asks"))
    }

    async fn resolve_tenant(
        &self,
        request: Request<ResolveTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        let Some(By::TenantId(tenant_id)) = request.into_inner().by else {
            return Err(Status::unimplemented("nobody asks"));
        };
        let book = self.0.lock().expect("no panic before");
        let status = if book.suspended.contains(&tenant_id) { "suspended" } else { "active" };
        let name = book.names.get(&tenant_id).cloned().unwrap_or_default();
        Ok(Response::new(Tenant { tenant_id, name, status: status.into(), ..Default::default() }))
    }
}

#[tonic::async_trait]
impl SsoPeople for Others {
    /// Lets in by the invited address alone, somebody new or whoever is linked.
    async fn accept_invitation_by_sso(
        &self,
        request: Request<AcceptInvitationBySsoRequest>,
    ) -> Result<Response<AcceptInvitationBySsoResponse>, Status> {
        let tenant = wire::cx(&request)?.tenant.expect("about a tenant").to_string();
        let asked = request.into_inner();
        let mut book = self.0.lock().expect("no panic before");
        book.asked.push(asked.clone());
        let known = book.people.get(&asked.email).map(|(user_id, _)| user_id.clone());
        let invited = book.invitations.get_mut(&asked.token);
        let Some(invited) = invited.filter(|invited| invited.tenant == tenant) else {
            return Err(refuse(Refused(Code::NotFound, "invitation_not_found")));
        };
        let email = invited.email.clone();
        let answer = |user_id| Response::new(AcceptInvitationBySsoResponse { user_id, email });
        match &invited.came {
            Some((user_id, key)) if *key == asked.subject_key => {
                return Ok(answer(user_id.clone()));
            }
            Some(_) => return Err(refuse(Refused(Code::Gone, "invitation_used"))),
            None => {}
        }
        if invited.email != asked.email {
            return Err(refuse(Refused(Code::Denied, "invitation_for_another_address")));
        }
        let user_id = match (asked.linked_user_id.is_empty(), known) {
            (false, _) => asked.linked_user_id,
            (true, None) => testkit::user().to_string(),
            (true, Some(_)) => return Err(refuse(Refused(Code::Conflict, "sign_in_instead"))),
        };
        invited.came = Some((user_id.clone(), asked.subject_key));
        Ok(answer(user_id))
    }

    async fn admit_sso_person(
        &self,
        request: Request<AdmitSsoPersonRequest>,
    ) -> Result<Response<AdmitSsoPersonResponse>, Status> {
        let asked = request.into_inner();
        let key = format!("{}:{}", asked.connection_id, asked.subject_key);
        let mut book = self.0.lock().expect("no panic before");
        let new = || (testkit::user().to_string(), key.clone());
        let (user_id, made_by) = book.people.entry(asked.email).or_insert_with(new).clone();
        match made_by == key {
            true => Ok(Response::new(AdmitSsoPersonResponse { user_id })),
            false => Err(refuse(Refused(Code::Conflict, "email_taken"))),
        }
    }
}
