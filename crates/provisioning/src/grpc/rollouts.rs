//! `usher.provisioning.v1.Rollouts`.

use tonic::{Request, Response, Status};
use wire::{
    parse,
    provisioning::v1::{
        DemoteRolloutRequest, GetPlacementRequest, GetRolloutRequest, HaltRolloutRequest,
        HaltTenantRequest, OverrideGateRequest, PlaceTenantRequest, Placement,
        PromoteRolloutRequest, ResumeRolloutRequest, ResumeTenantRequest, Rollout,
        rollouts_server::Rollouts,
    },
    refuse,
};

use super::given;
use crate::{
    App,
    domain::{Cohort, Note},
    ops,
};

/// The RPCs over the app.
pub(super) struct Rpc(pub(super) App);

#[tonic::async_trait]
impl Rollouts for Rpc {
    async fn get_rollout(
        &self,
        _: Request<GetRolloutRequest>,
    ) -> Result<Response<Rollout>, Status> {
        let status = ops::get_rollout(&self.0).await.map_err(refuse)?;
        Ok(Response::new((&status).into()))
    }

    async fn promote_rollout(
        &self,
        request: Request<PromoteRolloutRequest>,
    ) -> Result<Response<Rollout>, Status> {
        let cx = wire::cx(&request)?;
        let from = cohort("from", &request.get_ref().from)?;
        let status = ops::promote_rollout(&self.0, &cx, from).await.map_err(refuse)?;
        Ok(Response::new((&status).into()))
    }

    async fn override_gate(
        &self,
        request: Request<OverrideGateRequest>,
    ) -> Result<Response<Rollout>, Status> {
        let cx = wire::cx(&request)?;
        let from = cohort("from", &request.get_ref().from)?;
        let reason = note("reason", &request.get_ref().reason)?;
        let status = ops::override_gate(&self.0, &cx, from, reason).await.map_err(refuse)?;
        Ok(Response::new((&status).into()))
    }

    async fn demote_rollout(
        &self,
        request: Request<DemoteRolloutRequest>,
    ) -> Result<Response<Rollout>, Status> {
        let cx = wire::cx(&request)?;
        let to = cohort("to", &request.get_ref().to)?;
        let reason = note("reason", &request.get_ref().reason)?;
        let status = ops::demote_rollout(&self.0, &cx, to, reason).await.map_err(refuse)?;
        Ok(Response::new((&status).into()))
    }

    async fn halt_rollout(
        &self,
        request: Request<HaltRolloutRequest>,
    ) -> Result<Response<Rollout>, Status> {
        let cx = wire::cx(&request)?;
        let reason = note("reason", &request.get_ref().reason)?;
        let status = ops::halt_rollout(&self.0, &cx, reason).await.map_err(refuse)?;
        Ok(Response::new((&status).into()))
    }

    async fn resume_rollout(
        &self,
        request: Request<ResumeRolloutRequest>,
    ) -> Result<Response<Rollout>, Status> {
        let cx = wire::cx(&request)?;
        let status = ops::resume_rollout(&self.0, &cx).await.map_err(refuse)?;
        Ok(Response::new((&status).into()))
    }

    async fn get_placement(
        &self,
        request: Request<GetPlacementRequest>,
    ) -> Result<Response<Placement>, Status> {
        let cx = wire::cx(&request)?;
        let status = ops::get_placement(&self.0, &cx).await.map_err(refuse)?;
        Ok(Response::new((&status).into()))
    }

    async fn place_tenant(
        &self,
        request: Request<PlaceTenantRequest>,
    ) -> Result<Response<Placement>, Status> {
        let cx = wire::cx(&request)?;
        let given = given(&request.get_ref().cohort);
        let cohort = given.map(|word| cohort("cohort", word)).transpose()?;
        let status = ops::place_tenant(&self.0, &cx, cohort).await.map_err(refuse)?;
        Ok(Response::new((&status).into()))
    }

    async fn halt_tenant(
        &self,
        request: Request<HaltTenantRequest>,
    ) -> Result<Response<Placement>, Status> {
        let cx = wire::cx(&request)?;
        let reason = note("reason", &request.get_ref().reason)?;
        let status = ops::halt_tenant(&self.0, &cx, reason).await.map_err(refuse)?;
        Ok(Response::new((&status).into()))
    }

    async fn resume_tenant(
        &self,
        request: Request<ResumeTenantRequest>,
    ) -> Result<Response<Placement>, Status> {
        let cx = wire::cx(&request)?;
        let status = ops::resume_tenant(&self.0, &cx).await.map_err(refuse)?;
        Ok(Response::new((&status).into()))
    }
}

pub(super) fn cohort(field: &str, word: &str) -> Result<Cohort, Status> {
    parse(field, word, |word| Cohort::parse(word).ok_or("must be internal, pilot, limited or all"))
}

pub(super) fn note(field: &str, text: &str) -> Result<Note, Status> {
    parse(field, text, Note::parse)
}
