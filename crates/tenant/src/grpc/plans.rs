//! `usher.tenant.v1.Plans`.

use tonic::{Request, Response, Status};
use wire::{
    id, parse, refuse,
    tenant::v1::{
        CreatePlanRequest, ListPlansRequest, ListPlansResponse, OverrideLimitRequest, Plan,
        RestoreLimitRequest, RetirePlanRequest, SetPlanRequest, Tenant, plans_server::Plans,
    },
    timestamp,
};

use super::convert;
use crate::{
    App,
    domain::{self, PlanName, Resource, TenantName, limits, most, reason},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Plans for Rpc {
    async fn list_plans(
        &self,
        _: Request<ListPlansRequest>,
    ) -> Result<Response<ListPlansResponse>, Status> {
        let plans = ops::list_plans(&self.0).await.map_err(refuse)?;
        Ok(Response::new(ListPlansResponse { plans: plans.iter().map(Into::into).collect() }))
    }

    async fn create_plan(
        &self,
        request: Request<CreatePlanRequest>,
    ) -> Result<Response<Plan>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let told = request.limits.iter().map(|limit| (limit.resource.as_str(), limit.most));
        let plan = domain::Plan {
            plan: parse("plan", &request.plan, PlanName::named)?,
            title: parse("title", &request.title, TenantName::parse)?.to_string(),
            limits: parse("limits", "", |_| limits(told))?,
            retired_at: None,
        };
        let plan = ops::create_plan(&self.0, &cx, plan).await.map_err(refuse)?;
        Ok(Response::new((&plan).into()))
    }

    async fn retire_plan(
        &self,
        request: Request<RetirePlanRequest>,
    ) -> Result<Response<Plan>, Status> {
        let cx = wire::cx(&request)?;
        let plan = parse("plan", &request.get_ref().plan, PlanName::named)?;
        let plan = ops::retire_plan(&self.0, &cx, &plan).await.map_err(refuse)?;
        Ok(Response::new((&plan).into()))
    }

    async fn set_plan(&self, request: Request<SetPlanRequest>) -> Result<Response<Tenant>, Status> {
        let cx = wire::cx(&request)?;
        let tenant_id = id("tenantId", &request.get_ref().tenant_id)?;
        let plan = parse("plan", &request.get_ref().plan, PlanName::named)?;
        let tenant = ops::set_plan(&self.0, &cx, tenant_id, &plan).await.map_err(refuse)?;
        Ok(Response::new((&tenant).into()))
    }

    async fn override_limit(
        &self,
        request: Request<OverrideLimitRequest>,
    ) -> Result<Response<Tenant>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let tenant_id = id("tenantId", &request.tenant_id)?;
        let number = request.most.map(|number| parse("most", "", |_| most(number)));
        let wish = ops::OverrideLimit {
            resource: parse("resource", &request.resource, Resource::read)?,
            most: number.transpose()?,
            reason: parse("reason", &request.reason, reason)?,
        };
        let tenant = ops::override_limit(&self.0, &cx, tenant_id, wish).await.map_err(refuse)?;
        Ok(Response::new((&tenant).into()))
    }

    async fn restore_limit(
        &self,
        request: Request<RestoreLimitRequest>,
    ) -> Result<Response<Tenant>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let tenant_id = id("tenantId", &request.tenant_id)?;
        let resource = parse("resource", &request.resource, Resource::read)?;
        let tenant = ops::restore_limit(&self.0, &cx, tenant_id, resource).await;
        Ok(Response::new((&tenant.map_err(refuse)?).into()))
    }
}

impl From<&domain::Plan> for Plan {
    fn from(plan: &domain::Plan) -> Self {
        Self {
            plan: plan.plan.to_string(),
            title: plan.title.clone(),
            limits: convert::limits(&plan.limits),
            retired_at: plan.retired_at.map(timestamp),
        }
    }
}
