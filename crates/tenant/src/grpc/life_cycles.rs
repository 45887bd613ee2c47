//! `usher.tenant.v1.LifeCycles`.

use kernel::Cx;
use tonic::{Request, Response, Status};
use wire::{
    id, parse, refuse,
    tenant::v1::{
        ActivateTenantRequest, CloseTenantRequest, RestoreTenantRequest, ResumeTenantRequest,
        SuspendTenantRequest, Tenant, life_cycles_server::LifeCycles,
    },
};

use crate::{
    App,
    domain::{Verb, grace, reason},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

impl Rpc {
    async fn turn(
        &self,
        cx: &Cx,
        tenant_id: &str,
        verb: Verb,
        reason: &str,
    ) -> Result<Response<Tenant>, Status> {
        let tenant_id = id("tenantId", tenant_id)?;
        let moved = ops::move_tenant(&self.0, cx, tenant_id, verb, reason).await;
        Ok(Response::new((&moved.map_err(refuse)?).into()))
    }
}

#[tonic::async_trait]
impl LifeCycles for Rpc {
    async fn activate_tenant(
        &self,
        request: Request<ActivateTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        let cx = wire::cx(&request)?;
        self.turn(&cx, &request.get_ref().tenant_id, Verb::Activate, "").await
    }

    async fn suspend_tenant(
        &self,
        request: Request<SuspendTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        let cx = wire::cx(&request)?;
        let why = parse("reason", &request.get_ref().reason, reason)?;
        self.turn(&cx, &request.get_ref().tenant_id, Verb::Suspend, &why).await
    }

    async fn resume_tenant(
        &self,
        request: Request<ResumeTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        let cx = wire::cx(&request)?;
        self.turn(&cx, &request.get_ref().tenant_id, Verb::Resume, "").await
    }

    async fn close_tenant(
        &self,
        request: Request<CloseTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let why = parse("reason", &request.reason, reason)?;
        let grace = parse("graceDays", "", |_| grace(request.grace_days))?;
        self.turn(&cx, &request.tenant_id, Verb::Close(grace), &why).await
    }

    async fn restore_tenant(
        &self,
        request: Request<RestoreTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        let cx = wire::cx(&request)?;
        self.turn(&cx, &request.get_ref().tenant_id, Verb::Restore, "").await
    }
}
