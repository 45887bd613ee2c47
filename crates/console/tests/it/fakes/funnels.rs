//! The funnel and the rollout: one of everything that a page shows, with hostile words in it.

use std::collections::HashMap;

use tonic::Request;
use wire::provisioning::v1::{
    CloseIncidentRequest, CohortFunnel, DemoteRolloutRequest, Funnel, Gate, GetFunnelRequest,
    GetPlacementRequest, GetPlatformFunnelRequest, GetRolloutRequest, HaltRolloutRequest,
    HaltTenantRequest, Incident, ListIncidentsRequest, ListIncidentsResponse, Obstacle,
    OpenIncidentRequest, OverrideGateRequest, PlaceTenantRequest, Placement, PlatformFunnel,
    PromoteRolloutRequest, ResumeRolloutRequest, ResumeTenantRequest, Rollout,
    funnels_server::Funnels, incidents_server::Incidents, rollouts_server::Rollouts,
};

use super::{Answer, Fake, unasked};
use crate::world::HOSTILE;

fn at(seconds: i64) -> Option<prost_types::Timestamp> {
    let instant = jiff::Timestamp::from_second(seconds).expect("a second");
    Some(wire::timestamp(instant.into()))
}

fn funnel() -> Funnel {
    Funnel {
        time_to_active_p50_seconds: 74.0,
        time_to_active_p95_seconds: 305.0,
        began: 81,
        invite_sent: 80,
        invite_accepted: 50,
        provision_success: 48,
        provision_failed: 3,
        provision_recovered: 2,
        unaided: 45,
        accepted_share: 0.625,
        unaided_share: 0.9375,
        ..Default::default()
    }
}

#[tonic::async_trait]
impl Funnels for Fake {
    async fn get_funnel(&self, _: Request<GetFunnelRequest>) -> Answer<Funnel> {
        let mut stages: HashMap<String, i64> = HashMap::new();
        for client in self.0.clients.lock().expect("clients").iter() {
            *stages.entry(client.stage.clone()).or_default() += 1;
        }
        Ok(Funnel { stages, ..funnel() }.into())
    }

    async fn get_platform_funnel(
        &self,
        request: Request<GetPlatformFunnelRequest>,
    ) -> Answer<PlatformFunnel> {
        assert!(request.get_ref().from.is_some(), "a page names its range");
        let cohorts = vec![CohortFunnel { cohort: "limited".into(), funnel: Some(funnel()) }];
        Ok(PlatformFunnel { total: Some(funnel()), cohorts }.into())
    }
}

#[tonic::async_trait]
impl Rollouts for Fake {
    async fn get_rollout(&self, _: Request<GetRolloutRequest>) -> Answer<Rollout> {
        let obstacle = |code: &str, message: &str| Obstacle {
            code: code.to_owned(),
            message: message.to_owned(),
        };
        let gate = Gate {
            obstacles: vec![
                obstacle("success_rate", "979 of 1000 clients succeeded"),
                obstacle("critical_incident", HOSTILE),
            ],
            succeeded: 979,
            failed: 21,
            needed: 50,
            p95_seconds: 61.0,
            target_seconds: 1200.0,
            ..Default::default()
        };
        Ok(Rollout {
            stage: "limited".into(),
            entered_at: at(1_795_000_000),
            entered_by: HOSTILE.into(),
            entered_reason: HOSTILE.into(),
            halted_at: at(1_795_000_300),
            halted_by: HOSTILE.into(),
            halt_reason: HOSTILE.into(),
            gate: Some(gate),
        }
        .into())
    }

    async fn promote_rollout(&self, _: Request<PromoteRolloutRequest>) -> Answer<Rollout> {
        unasked()
    }

    async fn override_gate(&self, _: Request<OverrideGateRequest>) -> Answer<Rollout> {
        unasked()
    }

    async fn demote_rollout(&self, _: Request<DemoteRolloutRequest>) -> Answer<Rollout> {
        unasked()
    }

    async fn halt_rollout(&self, _: Request<HaltRolloutRequest>) -> Answer<Rollout> {
        unasked()
    }

    async fn resume_rollout(&self, _: Request<ResumeRolloutRequest>) -> Answer<Rollout> {
        unasked()
    }

    async fn get_placement(&self, _: Request<GetPlacementRequest>) -> Answer<Placement> {
        Ok(Placement {
            cohort: "pilot".into(),
            stage: "limited".into(),
            halted_at: at(1_795_000_300),
            halt_reason: HOSTILE.into(),
            platform_halted: false,
        }
        .into())
    }

    async fn place_tenant(&self, _: Request<PlaceTenantRequest>) -> Answer<Placement> {
        unasked()
    }

    async fn halt_tenant(&self, _: Request<HaltTenantRequest>) -> Answer<Placement> {
        unasked()
    }

    async fn resume_tenant(&self, _: Request<ResumeTenantRequest>) -> Answer<Placement> {
        unasked()
    }
}

#[tonic::async_trait]
impl Incidents for Fake {
    async fn open_incident(&self, _: Request<OpenIncidentRequest>) -> Answer<Incident> {
        unasked()
    }

    async fn close_incident(&self, _: Request<CloseIncidentRequest>) -> Answer<Incident> {
        unasked()
    }

    async fn list_incidents(
        &self,
        request: Request<ListIncidentsRequest>,
    ) -> Answer<ListIncidentsResponse> {
        assert!(request.get_ref().open, "the page shows what is open");
        let incident = Incident {
            severity: "critical".into(),
            title: HOSTILE.into(),
            opened_at: at(1_795_000_000),
            ..Default::default()
        };
        let incidents = vec![incident];
        Ok(ListIncidentsResponse { incidents, next_page_token: String::new() }.into())
    }
}
