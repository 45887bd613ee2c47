//! A run with its steps, as a worker holds it.

use std::{collections::HashMap, sync::Arc};

use kernel::{JobId, TenantId, Timestamp};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection, types::Json};
use uuid::Uuid;

use super::claim::Lease;
use crate::{Effect, Going, Policy, Step, StepFailure, StepState, planner::StepView};

/// A run's fixed and slow-moving facts.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct RunRow {
    pub(crate) id: JobId,
    pub(crate) workflow: String,
    pub(crate) version: i32,
    pub(crate) key: String,
    pub(crate) input: Value,
    pub(crate) failure: Option<Json<StepFailure>>,
    pub(crate) cancelled_by: Option<String>,
    pub(crate) traceparent: Option<String>,
    pub(crate) request_id: String,
    pub(crate) paused: bool,
    pub(crate) parent_job: Option<JobId>,
    /// Its plan is written.
    pub(crate) planned: bool,
}

/// A step of the run's plan.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct StepRow {
    pub(crate) job_id: JobId,
    pub(crate) name: String,
    pub(crate) policy: Json<Policy>,
    pub(crate) state: StepState,
    pub(crate) effect: Effect,
    pub(crate) attempts: i32,
    pub(crate) undo_attempts: i32,
    pub(crate) output: Option<Value>,
    pub(crate) side_by_side: Option<i16>,
    pub(crate) round: i32,
    pub(crate) waits_for: Option<String>,
    pub(crate) waits_until: Option<Timestamp>,
    pub(crate) checkpoint: Option<Value>,
    pub(crate) child_job: Option<JobId>,
}

/// The columns of [`StepRow`].
const STEP: &str =
    "s.job_id, s.name, s.policy, s.state, s.effect, s.attempts, s.undo_attempts, s.output,
    s.side_by_side, s.round, s.waits_for, s.waits_until, s.checkpoint, s.child_job";

impl StepRow {
    pub(crate) fn view(&self, going: Going) -> StepView {
        let attempts = if going == Going::Forward { self.attempts } else { self.undo_attempts };
        StepView {
            done: self.output.is_some(),
            effect: self.effect,
            attempts: u32::try_from(attempts).unwrap_or_default(),
            policy: self.policy.0,
            group: self.side_by_side,
        }
    }
}

/// The runs of these leases with the steps planned so far, in number order.
pub(crate) async fn runs(
    tx: &mut PgConnection,
    leases: &[Lease],
) -> pg::Result<HashMap<JobId, (RunRow, Vec<StepRow>)>> {
    let (tenants, jobs) = keys(leases);
    let runs: Vec<RunRow> = sqlx::query_as(
        "select j.id, j.workflow, j.version, j.key, coalesce(edited.input, j.input) as input, j.failure,
             j.cancelled_by, j.traceparent, j.request_id, j.paused_at is not null as paused,
             j.parent_job,
             exists (select from job_steps s where s.tenant_id = j.tenant_id and s.job_id = j.id) as planned
         from (select distinct * from unnest($1::uuid[], $2::uuid[])) l (tenant_id, job_id)
         join jobs j on j.tenant_id = l.tenant_id and j.id = l.job_id
         left join lateral (
             select i.input from job_interventions i
             where i.tenant_id = j.tenant_id and i.job_id = j.id and i.input is not null
             order by i.number desc limit 1
         ) edited on true",
    )
    .bind(&tenants)
    .bind(&jobs)
    .fetch_all(&mut *tx)
    .await?;
    let mut found: HashMap<_, _> = runs.into_iter().map(|run| (run.id, (run, vec![]))).collect();
    if !found.values().any(|(run, _)| run.planned) {
        return Ok(found);
    }
    let steps: Vec<StepRow> = sqlx::query_as(AssertSqlSafe(format!(
        "select {STEP}
         from (select distinct * from unnest($1::uuid[], $2::uuid[])) l (tenant_id, job_id)
         join job_steps s on s.tenant_id = l.tenant_id and s.job_id = l.job_id
         order by s.job_id, s.number"
    )))
    .bind(&tenants)
    .bind(&jobs)
    .fetch_all(&mut *tx)
    .await?;
    for step in steps {
        if let Some((_, planned)) = found.get_mut(&step.job_id) {
            planned.push(step);
        }
    }
    Ok(found)
}

/// The steps of one run of the transaction's tenant, in number order.
pub(crate) async fn steps_of(tx: &mut PgConnection, job: JobId) -> pg::Result<Vec<StepRow>> {
    let sql = format!("select {STEP} from job_steps s where s.job_id = $1 order by s.number");
    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(job).fetch_all(tx).await?)
}

/// The plan of a run that begins.
pub(crate) fn plan(job: JobId, steps: &[Arc<dyn Step>]) -> Vec<StepRow> {
    let row = |step: &Arc<dyn Step>| StepRow {
        job_id: job,
        name: step.name().to_owned(),
        policy: Json(step.policy()),
        state: StepState::Pending,
        effect: Effect::None,
        attempts: 0,
        undo_attempts: 0,
        output: None,
        side_by_side: step.side_by_side(),
        round: 0,
        waits_for: None,
        waits_until: None,
        checkpoint: None,
        child_job: None,
    };
    steps.iter().map(row).collect()
}

/// Writes the plans of runs that begin, together, each with the step that begins with it.
pub(crate) async fn insert_plans(
    tx: &mut PgConnection,
    plans: &[(TenantId, &[StepRow])],
    now: Timestamp,
) -> pg::Result<()> {
    let rows = || {
        plans.iter().flat_map(|(tenant, steps)| {
            steps.iter().enumerate().map(|(number, step)| (*tenant, number, step))
        })
    };
    let tenants: Vec<_> = rows().map(|(tenant, ..)| tenant.uuid()).collect();
    let jobs: Vec<_> = rows().map(|(.., step)| step.job_id.uuid()).collect();
    let numbers: Vec<_> = rows().map(|(_, number, _)| super::settle::number(number)).collect();
    let names: Vec<_> = rows().map(|(.., step)| step.name.as_str()).collect();
    let policies: Vec<_> = rows().map(|(.., step)| step.policy).collect();
    let groups: Vec<_> = rows().map(|(.., step)| step.side_by_side).collect();
    let states: Vec<_> = rows().map(|(.., step)| step.state.as_str()).collect();
    let attempts: Vec<_> = rows().map(|(.., step)| step.attempts).collect();
    sqlx::query(
        "insert into job_steps (tenant_id, job_id, number, name, policy, side_by_side, state, attempts, started_at)
         select tenant_id, job_id, number, name, policy, side_by_side, state, attempts,
             case when attempts > 0 then $9 end
         from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::jsonb[], $6::smallint[], $7::text[],
                     $8::integer[])
             p (tenant_id, job_id, number, name, policy, side_by_side, state, attempts)",
    )
    .bind(tenants)
    .bind(jobs)
    .bind(numbers)
    .bind(names)
    .bind(policies)
    .bind(groups)
    .bind(states)
    .bind(attempts)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) fn keys(leases: &[Lease]) -> (Vec<Uuid>, Vec<Uuid>) {
    leases.iter().map(|lease| (lease.tenant.uuid(), lease.job.uuid())).unzip()
}
