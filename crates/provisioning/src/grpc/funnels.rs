//! `usher.provisioning.v1.Funnels`.

use tonic::{Request, Response, Status};
use wire::{
    instant, parse,
    provisioning::v1::{
        CohortFunnel, Funnel, GetFunnelRequest, GetPlatformFunnelRequest, PlatformFunnel,
        funnels_server::Funnels,
    },
    refuse,
};

use super::{given, rollouts::cohort};
use crate::{
    App,
    domain::{self, Range, Times},
    ops,
};

/// The RPCs over the app.
pub(super) struct Rpc(pub(super) App);

#[tonic::async_trait]
impl Funnels for Rpc {
    async fn get_funnel(
        &self,
        request: Request<GetFunnelRequest>,
    ) -> Result<Response<Funnel>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let (from, to) = (instant(request.from.as_ref()), instant(request.to.as_ref()));
        let range = parse("to", "", |_| Range::of_tenant(from, to, self.0.clock.now()))?;
        let counted = ops::get_funnel(&self.0, &cx, range).await.map_err(refuse)?;
        let stages = counted.stages.iter();
        let stages = stages.map(|(stage, count)| (stage.to_string(), *count)).collect();
        Ok(Response::new(Funnel { stages, ..(&counted.funnel).into() }))
    }

    async fn get_platform_funnel(
        &self,
        request: Request<GetPlatformFunnelRequest>,
    ) -> Result<Response<PlatformFunnel>, Status> {
        let request = request.into_inner();
        let (from, to) = (instant(request.from.as_ref()), instant(request.to.as_ref()));
        let range = parse("to", "", |_| Range::of_platform(from, to, self.0.clock.now()))?;
        let only = given(&request.cohort).map(|word| cohort("cohort", word)).transpose()?;
        let counted = ops::get_platform_funnel(&self.0, range, only).await.map_err(refuse)?;
        Ok(Response::new((&counted).into()))
    }
}

impl From<&ops::PlatformFunnel> for PlatformFunnel {
    fn from(counted: &ops::PlatformFunnel) -> Self {
        let cohorts = counted.cohorts.iter().map(|one| CohortFunnel {
            cohort: one.cohort.to_string(),
            funnel: Some((&one.funnel).into()),
        });
        Self { total: Some((&counted.total).into()), cohorts: cohorts.collect() }
    }
}

impl From<&domain::Funnel> for Funnel {
    fn from(funnel: &domain::Funnel) -> Self {
        let (to_active, from_accepted) = (funnel.time_to_active, funnel.accepted_to_active);
        Self {
            stages: std::collections::HashMap::default(),
            time_to_active_p50_seconds: half(to_active),
            time_to_active_p95_seconds: most(to_active),
            began: funnel.began,
            invite_sent: funnel.invite_sent,
            invite_accepted: funnel.invite_accepted,
            provision_success: funnel.provision_success,
            provision_failed: funnel.provision_failed,
            provision_recovered: funnel.provision_recovered,
            unaided: funnel.unaided,
            accepted_share: share(funnel.invite_accepted, funnel.invite_sent),
            unaided_share: share(funnel.unaided, funnel.provision_success),
            accepted_to_active_p50_seconds: half(from_accepted),
            accepted_to_active_p95_seconds: most(from_accepted),
            first_update_p50_seconds: half(funnel.first_update),
            first_update_p95_seconds: most(funnel.first_update),
        }
    }
}

fn half(times: Times) -> f64 {
    times.p50.unwrap_or_default().as_secs_f64()
}

fn most(times: Times) -> f64 {
    times.p95.unwrap_or_default().as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "a share for people; counts stand beside it")]
fn share(part: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
