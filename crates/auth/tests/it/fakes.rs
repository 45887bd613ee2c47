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
    user::v1::{AdmitSsoPersonRequest, AdmitSsoPersonResponse, sso_people_server::SsoPeople},
};

#[derive(Debug, thiserror::Error)]
#[error("Somebody has this address.")]
struct EmailTaken;

impl Failure for EmailTaken {
    fn code(&self) -> Code {
        Code::Conflict
    }

    fn reason(&self) -> &'static str {
        "email_taken"
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
        Ok(Response::new(Tenant { tenant_id, status: status.into(), ..Default::default() }))
    }
}

#[tonic::async_trait]
impl SsoPeople for Others {
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
            false => Err(refuse(EmailTaken)),
        }
    }
}
