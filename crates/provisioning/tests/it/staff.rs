//! Staff of the platform, and what they ask of the rollout.

use kernel::{Code, Cx, TenantId};
use wire::{
    Refusal,
    provisioning::v1::{
        DemoteRolloutRequest, GetRolloutRequest, HaltRolloutRequest, Incident, OpenIncidentRequest,
        OverrideGateRequest, PlaceTenantRequest, Placement, PromoteRolloutRequest,
        ResumeRolloutRequest, Rollout, funnels_client::FunnelsClient,
        incidents_client::IncidentsClient, rollouts_client::RolloutsClient,
    },
};

use crate::world::{World, answer};

/// What an operator of the platform may do with the rollout.
pub(crate) const STAFF: [&str; 3] =
    ["provisioning.incidents.write", "provisioning.rollout.move", "provisioning.rollout.read"];

impl World {
    /// An operator of the platform, for no tenant.
    pub(crate) fn staff(&self) -> Cx {
        self.person(None, &STAFF)
    }

    pub(crate) fn rollouts(&self) -> RolloutsClient<wire::Caller> {
        RolloutsClient::new(self.caller())
    }

    pub(crate) fn funnels(&self) -> FunnelsClient<wire::Caller> {
        FunnelsClient::new(self.caller())
    }

    pub(crate) fn incidents(&self) -> IncidentsClient<wire::Caller> {
        IncidentsClient::new(self.caller())
    }

    pub(crate) async fn rollout(&self) -> Rollout {
        let request = wire::call(&self.staff(), GetRolloutRequest {});
        answer(self.rollouts().get_rollout(request).await).expect("a rollout")
    }

    pub(crate) async fn promote(&self, from: &str) -> Result<Rollout, Refusal> {
        let request = PromoteRolloutRequest { from: from.into() };
        answer(self.rollouts().promote_rollout(wire::call(&self.staff(), request)).await)
    }

    pub(crate) async fn override_gate(
        &self,
        cx: &Cx,
        from: &str,
        reason: &str,
    ) -> Result<Rollout, Refusal> {
        let request = OverrideGateRequest { from: from.into(), reason: reason.into() };
        answer(self.rollouts().override_gate(wire::call(cx, request)).await)
    }

    pub(crate) async fn demote(&self, to: &str) -> Result<Rollout, Refusal> {
        let request = DemoteRolloutRequest { to: to.into(), reason: "a test begins here".into() };
        answer(self.rollouts().demote_rollout(wire::call(&self.staff(), request)).await)
    }

    pub(crate) async fn halt(&self) -> Rollout {
        // Put off by a busy machine, one asks again.
        testkit::found("a halt", async || {
            let request = HaltRolloutRequest { reason: "the backend misbehaves".into() };
            let request = wire::call(&self.staff(), request);
            match answer(self.rollouts().halt_rollout(request).await) {
                Err(put_off) if put_off.code == Code::Unavailable => None,
                answered => Some(answered.expect("halts")),
            }
        })
        .await
    }

    pub(crate) async fn resume(&self) -> Rollout {
        let request = wire::call(&self.staff(), ResumeRolloutRequest {});
        answer(self.rollouts().resume_rollout(request).await).expect("resumes")
    }

    pub(crate) async fn place(&self, tenant: TenantId, cohort: &str) -> Placement {
        let request = PlaceTenantRequest { cohort: cohort.into() };
        let request = wire::call(&self.person(Some(tenant), &STAFF), request);
        answer(self.rollouts().place_tenant(request).await).expect("places")
    }

    pub(crate) async fn open_incident(&self, severity: &str) -> Incident {
        let request =
            OpenIncidentRequest { severity: severity.into(), title: "tokens leak".into() };
        let request = wire::call(&self.staff(), request);
        answer(self.incidents().open_incident(request).await).expect("opens")
    }

    /// Puts clients of `cohort` into the tables that became active, or failed, `seconds` after their acceptance.
    pub(crate) async fn put_journeys(
        &self,
        cohort: &str,
        succeeded: i32,
        failed: i32,
        seconds: f64,
    ) {
        let mut admin = self.database.admin().await;
        sqlx::query(
            "with made as (
                 insert into clients (tenant_id, client_id, email, name, role, spreadsheet_id, wb_token, wb_token_hint,
                                      stage, resume_stage, created_at, updated_at, active_at)
                 select $1, gen_random_uuid(), gen_random_uuid() || '@example.com', 'Somebody', 'client',
                        gen_random_uuid(), '', '***', case when n <= $3 then 'active' else 'failed' end,
                        case when n > $3 then 'email_confirmed' end, now(), now(),
                        case when n <= $3 then now() + $5 * interval '1 second' end
                 from generate_series(1, $3 + $4) as n
                 returning client_id, active_at)
             insert into journeys (tenant_id, client_id, cohort, began_at, invited_at, accepted_at, active_at, failed_at)
             select $1, client_id, $2, now(), now(), now(), active_at, case when active_at is null then now() end
             from made",
        )
        .bind(self.tenant)
        .bind(cohort)
        .bind(succeeded)
        .bind(failed)
        .bind(seconds)
        .execute(&mut admin)
        .await
        .expect("puts clients in");
    }

    /// How often the platform's own audit tells of this action.
    pub(crate) async fn audited(&self, action: &str) -> i64 {
        let nil = uuid::Uuid::nil();
        self.count(&format!(
            "select count(*) from audit_events where tenant_id = '{nil}' and action = '{action}' and actor like 'user:%'"
        ))
        .await
    }

    /// How many facts of this kind were told by anybody.
    pub(crate) async fn facts(&self, kind: &str) -> i64 {
        self.count(&format!("select count(*) from outbox where kind = 'provisioning.{kind}'")).await
    }
}
