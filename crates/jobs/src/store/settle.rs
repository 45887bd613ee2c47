//! Writing how an attempt ended; every statement after the fence relies on it.

use kernel::Timestamp;
use serde_json::Value;
use sqlx::{
    AssertSqlSafe, PgConnection, Postgres, postgres::PgArguments, query::Query, types::Json,
};

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

/// What is found under a lease that is ours.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Asked {
    /// What people asked of the run meanwhile.
    pub(crate) cancelled_by: Option<String>,
    pub(crate) paused: bool,
    /// Where the lease stands: further on than the attempt, if a commit took hold whose answer was lost.
    #[sqlx(flatten)]
    pub(crate) lease: Lease,
}

/// Locks the lease until the transaction ends. `None`: it is no longer ours (or not expired), nothing may be written.
pub(crate) async fn fence(
    tx: &mut PgConnection,
    lease: &Lease,
    fence: Fence,
) -> pg::Result<Option<Asked>> {
    // The run is named by the parameters: joined by the fence's columns, row security made PostgreSQL read every run
    // of the tenant.
    Ok(sqlx::query_as(
        "with fence as materialized (
             select tenant_id, job_id, token, going, step, queued_at from job_leases
             where tenant_id = $1 and job_id = $2 and token = $3 and ($4 or expires_at < now())
             for update
         )
         select j.cancelled_by, j.paused_at is not null as paused, f.*
         from fence f, jobs j where j.tenant_id = $1 and j.id = $2",
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

/// Locks a run whose lease is locked: what signals it, and what ends beside, waits for us.
pub(crate) async fn lock_run(tx: &mut PgConnection, lease: &Lease) -> pg::Result<Decided> {
    sqlx::query("select from jobs where tenant_id = $1 and id = $2 for update")
        .bind(lease.tenant)
        .bind(lease.job)
        .execute(&mut *tx)
        .await?;
    Ok(sqlx::query_as(
        "select cancelled_by, paused_at is not null as paused, failure,
             exists (select from job_ready r where r.tenant_id = j.tenant_id and r.job_id = j.id)
                 or exists (
                     select from job_leases l
                     where l.tenant_id = j.tenant_id and l.job_id = j.id and l.token <> $3
                 ) as company
         from jobs j where tenant_id = $1 and id = $2",
    )
    .bind(lease.tenant)
    .bind(lease.job)
    .bind(lease.token)
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
    /// Nothing is written where there was no attempt.
    pub(crate) number: Option<i16>,
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

/// What is written of the attempted step; an old reason stays until the step is done. Its parameters are those of
/// [`bind_step`].
const STEP: &str = "update job_steps set
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
     where tenant_id = $1 and job_id = $2 and number = $3";

type Statement<'q> = Query<'q, Postgres, PgArguments>;

fn bind_step<'q>(
    statement: Statement<'q>,
    lease: &Lease,
    change: &StepChange<'q>,
) -> Statement<'q> {
    statement
        .bind(lease.tenant)
        .bind(lease.job)
        .bind(change.number)
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
}

/// What is written of the run: its state, and why it turned where that is new.
#[derive(Debug)]
pub(crate) struct RunChange<'a> {
    pub(crate) state: JobState,
    pub(crate) failure: Option<&'a StepFailure>,
}

/// Writes the attempted step and the run, where they changed, and gives the lease up.
pub(crate) async fn give_up(
    tx: &mut PgConnection,
    lease: &Lease,
    step: &StepChange<'_>,
    run: Option<&RunChange<'_>>,
) -> pg::Result<()> {
    let sql = format!(
        "with given_up as (
             delete from job_leases where tenant_id = $1 and job_id = $2 and token = $14
         ), ended as (
             update jobs set state = $15, failure = coalesce($16, failure), ended_at = case when $17 then $7 end
             where tenant_id = $1 and id = $2 and $15 is not null
         )
         {STEP}"
    );
    bind_step(sqlx::query(AssertSqlSafe(sql)), lease, step)
        .bind(lease.token)
        .bind(run.map(|run| run.state))
        .bind(run.and_then(|run| run.failure).map(Json))
        .bind(run.is_some_and(|run| run.state.has_ended()))
        .execute(tx)
        .await?;
    Ok(())
}

/// Writes the attempted step and begins the attempt at another under the same lease, unless somebody paused or cancelled
/// the run meanwhile, or is just about to; answers whether it did.
pub(crate) async fn go_on(
    tx: &mut PgConnection,
    lease: &Lease,
    step: &StepChange<'_>,
    next: &Lease,
    lease_millis: i64,
) -> pg::Result<bool> {
    let sql = format!(
        "with free as materialized (
             select from jobs
             where tenant_id = $1 and id = $2 and paused_at is null and (cancelled_by is null or $15 = 'back')
             for share skip locked
         ), moved as (
             update job_leases set going = $15, step = $16, expires_at = clock_timestamp() + $17 * interval '1 ms'
             where tenant_id = $1 and job_id = $2 and token = $14 and exists (select from free)
             returning token
         ), begun as (
             update job_steps set
                 state = case $15 when 'forward' then 'running' else 'undoing' end,
                 attempts = attempts + ($15 = 'forward')::int, undo_attempts = undo_attempts + ($15 = 'back')::int,
                 started_at = coalesce(started_at, $7), ended_at = null, next_attempt_at = null
             where tenant_id = $1 and job_id = $2 and number = $16 and exists (select from moved)
         )
         {STEP} and exists (select from moved)"
    );
    let written = bind_step(sqlx::query(AssertSqlSafe(sql)), lease, step)
        .bind(lease.token)
        .bind(next.going)
        .bind(next.step)
        .bind(lease_millis)
        .execute(tx)
        .await?;
    Ok(written.rows_affected() == 1)
}

/// Gives the lease up without a word of the step.
pub(crate) async fn leave(tx: &mut PgConnection, lease: &Lease) -> pg::Result<()> {
    sqlx::query("delete from job_leases where tenant_id = $1 and job_id = $2 and token = $3")
        .bind(lease.tenant)
        .bind(lease.job)
        .bind(lease.token)
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

/// Plans have few steps; the column is a smallint.
pub(crate) fn number(step: usize) -> i16 {
    i16::try_from(step).unwrap_or(i16::MAX)
}
