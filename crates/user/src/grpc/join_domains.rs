//! `usher.user.v1.JoinDomains`.

use tonic::{Request, Response, Status};
use wire::{
    parse, refuse, timestamp,
    user::v1::{
        DeleteJoinDomainRequest, DeleteJoinDomainResponse, JoinDomain, ListJoinDomainsRequest,
        ListJoinDomainsResponse, PutJoinDomainRequest, join_domains_server::JoinDomains,
    },
};

use super::{join_links::given_roles, tenant};
use crate::{
    App,
    domain::{self, Way, email_domain, join_domain},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl JoinDomains for Rpc {
    async fn put_join_domain(
        &self,
        request: Request<PutJoinDomainRequest>,
    ) -> Result<Response<JoinDomain>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let domain = parse("domain", &request.domain, join_domain)?;
        let way = parse("way", &request.way, way)?;
        let role = given_roles(&request.role, &[])?.swap_remove(0);
        let command = ops::PutJoinDomain { domain, way, role };
        let set = ops::put_join_domain(&self.0, &cx, tenant(&cx)?, command).await;
        Ok(Response::new((&set.map_err(refuse)?).into()))
    }

    async fn list_join_domains(
        &self,
        request: Request<ListJoinDomainsRequest>,
    ) -> Result<Response<ListJoinDomainsResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let domains = ops::list_join_domains(&self.0, tenant).await.map_err(refuse)?;
        let domains = domains.iter().map(Into::into).collect();
        Ok(Response::new(ListJoinDomainsResponse { domains }))
    }

    async fn delete_join_domain(
        &self,
        request: Request<DeleteJoinDomainRequest>,
    ) -> Result<Response<DeleteJoinDomainResponse>, Status> {
        let cx = wire::cx(&request)?;
        let domain = parse("domain", &request.get_ref().domain, email_domain)?;
        let gone = ops::delete_join_domain(&self.0, &cx, tenant(&cx)?, &domain).await;
        gone.map_err(refuse)?;
        Ok(Response::new(DeleteJoinDomainResponse {}))
    }
}

fn way(word: &str) -> Result<Way, &'static str> {
    match word {
        "" => Ok(Way::Ask),
        word => Way::parse(word).ok_or("is none of join, ask"),
    }
}

impl From<&domain::JoinDomain> for JoinDomain {
    fn from(set: &domain::JoinDomain) -> Self {
        Self {
            domain: set.domain.clone(),
            way: set.way.to_string(),
            role: set.role.clone(),
            set_at: Some(timestamp(set.set_at)),
            set_by: set.set_by.clone(),
        }
    }
}
