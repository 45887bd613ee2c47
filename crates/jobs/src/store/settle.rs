//! Writing how an attempt ended; every statement after the fence relies on it.

use kernel::Timestamp;
use serde_json::Value;
use sqlx::{PgConnection, types::Json};

use super::claim::Lease;
use crate::{Effect, Going, HeldFor, JobState, StepError, StepFailure, StepState};

/// Who may end an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fence {
    /// The worker that holds the lease.
    Holder,
    /// Anybody, once the lease has run out.
    Expired,
}

/// What people asked of the run meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Asked {
    pub(crate) cancelled_by: Option<String>,
    pub(crate) paused: bool,
}

/// Gives the lease up. `None`: it is no longer ours (or not expired), nothing may be written.
pub(crate) async fn fence(
    tx: &mut PgConnection,
    lease: &Lease,
    fence: Fence,
) -> pg::Result<Option<Asked>> {
    // The run is named by the parameters: joined by the fence's columns, row security made PostgreSQL read every run
    // of the tenant.
    Ok(sqlx::query_as(
        "with fence as (
             delete from job_leases
             where tenant_id = $1 and job_id = $2 and token = $3 and ($4 or expires_at < now())
             returning job_id
         )
         select j.cancelled_by, j.paused_at is not null as paused
         from fence, jobs j where j.tenant_id = $1 and j.id = $2",
    )
    .bind(lease.tenant)
    .bind(lease.job)
    .bind(lease.token)
    .bind(fence == Fence::Holder)
    .fetch_optional(tx)
    .await?)
}

/// A run as those who must not decide at the same time see it: under its lock.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Decided {
    pub(crate) cancelled_by: Option<String>,
    pub(crate) paused: bool,
    pub(crate) failure: Option<Json<StepFailure>>,
    /// Something else of it is ready or under way.
    pub(crate) company: bool,
}

/// Locks a run whose lease was given up: what signals it, and what ends beside, waits for us.
pub(crate) async fn lock_run(tx: &mut PgConnection, lease: &Lease) -> pg::Result<Decided> {
    sqlx::query("select from jobs where tenant_id = $1 and id = $2 for update")
        .bind(lease.tenant)
        .bind(lease.job)
        .execute(&mut *tx)
        .await?;
    Ok(sqlx::query_as(
        "select cancelled_by, paused_at is not null as paused, failure,
             exists (select from job_ready r where r.tenant_id = j.tenant_id and r.job_id = j.id)
                 or exists (select from job_leases l where l.tenant_id = j.tenant_id and l.job_id = j.id) as company
         from jobs j where tenant_id = $1 and id = $2",
    )
    .bind(lease.tenant)
    .bind(lease.job)
    .fetch_one(tx)
    .await?)
}

/// Makes the steps due that are ready beside one that turned the run; what a worker is just taking is left to it.
pub(crate) async fn hasten_beside(tx: &mut PgConnection, lease: &Lease) -> pg::Result<()> {
    sqlx::query(
        "update job_ready r set due_at = '-infinity', since = now() from (
             select tenant_id, job_id, step from job_ready
             where tenant_id = $1 and job_id = $2 and kept_due_at is null for update skip locked
         ) d
         where r.tenant_id = d.tenant_id and r.job_id = d.job_id and r.step = d.step",
    )
    .bind(lease.tenant)
    .bind(lease.job)
    .execute(tx)
    .await?;
    Ok(())
}

/// Why no living worker can go on with a run; the first reason stays until somebody takes it.
pub(crate) async fn hold(tx: &mut PgConnection, lease: &Lease, why: HeldFor) -> pg::Result<()> {
    sqlx::query("update jobs set held = $3 where tenant_id = $1 and id = $2 and held is null")
        .bind(lease.tenant)
        .bind(lease.job)
        .bind(why)
        .execute(tx)
        .await?;
    Ok(())
}

/// What is written of the attempted step.
#[derive(Debug)]
pub(crate) struct StepChange<'a> {
    pub(crate) state: StepState,
    pub(crate) effect: Effect,
    pub(crate) next_attempt_at: Option<Timestamp>,
    /// Set where the step has an output from now on, cleared where it was undone.
    pub(crate) output: Option<&'a Value>,
    pub(crate) error: Option<Words<'a>>,
    /// It waits, which costs no attempt.
    pub(crate) waits: Option<(&'a str, Timestamp)>,
    pub(crate) now: Timestamp,
}

/// Why a step failed or was skipped: a stable word, and sentences for two readers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words<'a> {
    pub(crate) reason: &'a str,
    pub(crate) user: &'a str,
    pub(crate) operator: &'a str,
}

impl<'a> From<&'a StepError> for Words<'a> {
    fn from(error: &'a StepError) -> Self {
        Self { reason: &error.reason, user: &error.user, operator: &error.operator }
    }
}

/// Writes the attempted step. An old reason stays until the step is done.
pub(crate) async fn update_step(
    tx: &mut PgConnection,
    lease: &Lease,
    step: usize,
    change: &StepChange<'_>,
) -> pg::Result<()> {
    sqlx::query(
        "update job_steps set
             state = $4, effect = $5, next_attempt_at = $6,
             ended_at = case when $4 in ('done', 'skipped', 'failed', 'undone', 'stuck') then $7 end,
             output = case when $4 in ('done', 'skipped') then coalesce($8, output) when $4 <> 'undone' then output end,
             reason = case $4 when 'done' then null else coalesce($9, reason) end,
             user_message = case $4 when 'done' then null else coalesce($10, user_message) end,
             operator_detail = case $4 when 'done' then null else coalesce($11, operator_detail) end,
             waits_for = case when $12 is not null then $12 when $4 in ('waiting', 'undoing') then waits_for end,
             waits_until = case when $12 is not null then $13 when $4 in ('waiting', 'undoing') then waits_until end,
             attempts = case when $12 is null or $4 <> 'waiting' then attempts else 0 end,
             undo_attempts = case when $12 is null or $4 <> 'undoing' then undo_attempts else 0 end,
             checkpoint = case when $4 in ('done', 'skipped', 'undone') then null else checkpoint end
         where tenant_id = $1 and job_id = $2 and number = $3",
    )
    .bind(lease.tenant)
    .bind(lease.job)
    .bind(number(step))
    .bind(change.state)
    .bind(change.effect)
    .bind(change.next_attempt_at)
    .bind(change.now)
    .bind(change.output)
    .bind(change.error.map(|words| words.reason))
    .bind(change.error.map(|words| words.user))
    .bind(change.error.map(|words| words.operator))
    .bind(change.waits.map(|(what, _)| what))
    .bind(change.waits.map(|(_, until)| until))
    .execute(tx)
    .await?;
    Ok(())
}

/// What of a run is ready from now on.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) going: Going,
    pub(crate) steps: Vec<i16>,
    /// Without a time, at once.
    pub(crate) due: Option<Timestamp>,
    /// The run is paused: the time is kept aside.
    pub(crate) paused: bool,
}

/// Makes the run ready again at these steps.
pub(crate) async fn insert_ready(
    tx: &mut PgConnection,
    lease: &Lease,
    run: &super::load::RunRow,
    ready: &Ready,
) -> pg::Result<()> {
    sqlx::query(
        "insert into job_ready (tenant_id, job_id, workflow, version, going, step, due_at, kept_due_at, queued_at)
         select $1, $2, $3, $4, $5, step, case when $8 then 'infinity' else coalesce($7, '-infinity'::timestamptz) end,
             case when $8 then coalesce($7, '-infinity'::timestamptz) end, $9
         from unnest($6::smallint[]) s (step)",
    )
    .bind(lease.tenant)
    .bind(lease.job)
    .bind(&run.workflow)
    .bind(run.version)
    .bind(ready.going)
    .bind(&ready.steps)
    .bind(ready.due)
    .bind(ready.paused)
    .bind(lease.queued_at)
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes the run's state, and why it turned where that is new.
pub(crate) async fn update_run(
    tx: &mut PgConnection,
    lease: &Lease,
    state: JobState,
    failure: Option<&StepFailure>,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query(
        "update jobs set state = $3, failure = coalesce($4, failure), ended_at = case when $5 then $6 end
         where tenant_id = $1 and id = $2",
    )
    .bind(lease.tenant)
    .bind(lease.job)
    .bind(state)
    .bind(failure.map(Json))
    .bind(state.has_ended())
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Plans have few steps; the column is a smallint.
pub(crate) fn number(step: usize) -> i16 {
    i16::try_from(step).unwrap_or(i16::MAX)
}
