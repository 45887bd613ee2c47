//! `usher.tenant.v1.Domains`.

use kernel::PageSize;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use wire::{
    parse, refuse,
    tenant::v1::{
        AddDomainRequest, CheckDomainRequest, Domain, ListDomainsRequest, ListDomainsResponse,
        RemoveDomainRequest, RemoveDomainResponse, domains_server::Domains,
    },
    timestamp,
};

use super::tenant;
use crate::{
    App,
    domain::{self, Host},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Domains for Rpc {
    async fn add_domain(
        &self,
        request: Request<AddDomainRequest>,
    ) -> Result<Response<Domain>, Status> {
        let cx = wire::cx(&request)?;
        let host = parse("host", &request.get_ref().host, Host::parse)?;
        let domain = ops::add_domain(&self.0, &cx, tenant(&cx)?, host).await.map_err(refuse)?;
        Ok(Response::new((&domain).into()))
    }

    async fn list_domains(
        &self,
        request: Request<ListDomainsRequest>,
    ) -> Result<Response<ListDomainsResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let after = Some(request.page_token).filter(|token| !token.is_empty());
        let after = after.map(|token| uuid("pageToken", &token)).transpose()?;
        let size = PageSize::from_wire(request.page_size);
        let page = ops::list_domains(&self.0, tenant, size, after).await.map_err(refuse)?;
        Ok(Response::new(ListDomainsResponse {
            domains: page.items.iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn check_domain(
        &self,
        request: Request<CheckDomainRequest>,
    ) -> Result<Response<Domain>, Status> {
        let cx = wire::cx(&request)?;
        let id = uuid("domainId", &request.get_ref().domain_id)?;
        let domain = ops::check_domain(&self.0, &cx, tenant(&cx)?, id).await.map_err(refuse)?;
        Ok(Response::new((&domain).into()))
    }

    async fn remove_domain(
        &self,
        request: Request<RemoveDomainRequest>,
    ) -> Result<Response<RemoveDomainResponse>, Status> {
        let cx = wire::cx(&request)?;
        let id = uuid("domainId", &request.get_ref().domain_id)?;
        ops::remove_domain(&self.0, &cx, tenant(&cx)?, id).await.map_err(refuse)?;
        Ok(Response::new(RemoveDomainResponse {}))
    }
}

fn uuid(field: &str, text: &str) -> Result<Uuid, Status> {
    parse(field, text, |text| Uuid::try_parse(text).map_err(|_| "is not an id"))
}

impl From<&domain::Domain> for Domain {
    fn from(domain: &domain::Domain) -> Self {
        Self {
            domain_id: domain.domain_id.to_string(),
            host: domain.host.as_str().to_owned(),
            status: domain.status.to_string(),
            record_name: domain.host.record(),
            record_value: domain.value(),
            problem: domain.problem.clone(),
            proven_at: domain.proven_at.map(timestamp),
            checked_at: domain.checked_at.map(timestamp),
            created_at: Some(timestamp(domain.created_at)),
        }
    }
}
