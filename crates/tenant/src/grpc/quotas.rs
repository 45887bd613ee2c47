//! `usher.tenant.v1.Quotas`.

use tonic::{Request, Response, Status};
use wire::{
    parse, refuse,
    tenant::v1::{
        GiveQuotaRequest, LimitUse, ListLimitsRequest, ListLimitsResponse, TakeQuotaRequest,
        quotas_server::Quotas,
    },
};

use super::tenant;
use crate::{
    App,
    domain::{Line, Resource, Standing, amount, take_key},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Quotas for Rpc {
    async fn list_limits(
        &self,
        request: Request<ListLimitsRequest>,
    ) -> Result<Response<ListLimitsResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let lines = ops::list_limits(&self.0, tenant).await.map_err(refuse)?;
        let limits = lines.iter().map(Into::into).collect();
        Ok(Response::new(ListLimitsResponse { limits, rates: Vec::new() }))
    }

    async fn take_quota(
        &self,
        request: Request<TakeQuotaRequest>,
    ) -> Result<Response<LimitUse>, Status> {
        let cx = wire::cx(&request)?;
        let tenant = tenant(&cx)?;
        let request = request.into_inner();
        let command = ops::TakeQuota {
            resource: parse("resource", &request.resource, Resource::read)?,
            amount: parse("amount", "", |_| amount(request.amount))?,
            key: parse("key", &request.key, take_key)?,
        };
        let standing = ops::take_quota(&self.0, &cx, tenant, command).await.map_err(refuse)?;
        Ok(Response::new((&standing).into()))
    }

    async fn give_quota(
        &self,
        request: Request<GiveQuotaRequest>,
    ) -> Result<Response<LimitUse>, Status> {
        let cx = wire::cx(&request)?;
        let tenant = tenant(&cx)?;
        let request = request.into_inner();
        let resource = parse("resource", &request.resource, Resource::read)?;
        let key = parse("key", &request.key, take_key)?;
        let standing = ops::give_quota(&self.0, &cx, tenant, resource, &key).await;
        Ok(Response::new((&standing.map_err(refuse)?).into()))
    }
}

impl From<&Line> for LimitUse {
    fn from(line: &Line) -> Self {
        Self {
            resource: line.resource.to_string(),
            most: line.most,
            overridden: line.overridden,
            used: line.used,
        }
    }
}

impl From<&Standing> for LimitUse {
    fn from(standing: &Standing) -> Self {
        Self {
            resource: standing.resource.to_string(),
            most: standing.most,
            overridden: false,
            used: Some(standing.used),
        }
    }
}
