//! Reading where runs stand.

use kernel::{JobId, Timestamp};
use sqlx::{AssertSqlSafe, PgConnection, types::Json};
use uuid::Uuid;

use crate::{HeldFor, JobState, JobStatus, Progress, StepFailure, StepState, StepStatus};

#[derive(sqlx::FromRow)]
struct RunRow {
    id: JobId,
    workflow: String,
    key: String,
    state: JobState,
    failure: Option<Json<StepFailure>>,
    cancelled_by: Option<String>,
    created_at: Timestamp,
    ended_at: Option<Timestamp>,
    paused_by: Option<String>,
    held: Option<HeldFor>,
    parent_job: Option<JobId>,
}

#[derive(sqlx::FromRow)]
struct StepRow {
    job_id: JobId,
    name: String,
    state: StepState,
    attempts: i32,
    next_attempt_at: Option<Timestamp>,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    reason: Option<String>,
    user_message: Option<String>,
    operator_detail: Option<String>,
    progress: Option<i16>,
    progress_message: Option<String>,
    progress_at: Option<Timestamp>,
    waits_for: Option<String>,
}

/// What is read of a run, moved or not. One statement reads both places, so a run is seen in one of them whenever it moves.
const RUN: &str = "id, workflow, key, state, failure, cancelled_by, created_at, ended_at, paused_by, held, parent_job";

/// One run.
pub(crate) async fn run(tx: &mut PgConnection, id: JobId) -> pg::Result<Option<JobStatus>> {
    let row: Option<RunRow> = sqlx::query_as(AssertSqlSafe(format!(
        "select {RUN} from jobs where id = $1 union all select {RUN} from job_history where id = $1",
    )))
    .bind(id)
    .fetch_optional(&mut *tx)
    .await?;
    Ok(with_steps(tx, row.into_iter().collect()).await?.pop())
}

/// The run of a key.
pub(crate) async fn by_key(
    tx: &mut PgConnection,
    workflow: &str,
    key: &str,
) -> pg::Result<Option<JobStatus>> {
    let row: Option<RunRow> = sqlx::query_as(AssertSqlSafe(format!(
        "select r.* from job_keys k
         cross join lateral (
             select {RUN} from jobs where tenant_id = k.tenant_id and id = k.job_id
             union all
             select {RUN} from job_history
             where tenant_id = k.tenant_id and id = k.job_id and ended_at = k.ended_at
         ) r
         where k.workflow = $1 and k.key = $2",
    )))
    .bind(workflow)
    .bind(key)
    .fetch_optional(&mut *tx)
    .await?;
    Ok(with_steps(tx, row.into_iter().collect()).await?.pop())
}

/// Runs in a state or in any, the newest first, from below `before`.
pub(crate) async fn list(
    tx: &mut PgConnection,
    state: Option<JobState>,
    before: Option<JobId>,
    limit: i64,
) -> pg::Result<Vec<JobStatus>> {
    // A condition that may be absent is left out, or no plan could walk an index in its order.
    let state_is = if state.is_some() { "and state = $2" } else { "and $2::text is null" };
    let page = |table: &str| {
        format!("(select {RUN} from {table} where id < $1 {state_is} order by id desc limit $3)")
    };
    let (live, moved) = (page("jobs"), page("job_history"));
    let rows: Vec<RunRow> = sqlx::query_as(AssertSqlSafe(format!(
        "{live} union all {moved} order by id desc limit $3"
    )))
    .bind(before.map_or(Uuid::max(), JobId::uuid))
    .bind(state)
    .bind(limit)
    .fetch_all(&mut *tx)
    .await?;
    with_steps(tx, rows).await
}

/// What is read of a step.
const STEP: &str = "job_id, number, name, state, attempts, next_attempt_at, started_at, ended_at, reason, user_message,
     operator_detail, progress, progress_message, progress_at, waits_for";

async fn with_steps(tx: &mut PgConnection, runs: Vec<RunRow>) -> pg::Result<Vec<JobStatus>> {
    let ids: Vec<Uuid> = runs.iter().map(|run| run.id.uuid()).collect();
    let steps: Vec<StepRow> = sqlx::query_as(AssertSqlSafe(format!(
        "select {STEP} from job_steps where job_id = any($1)
         union all
         select {STEP} from job_step_history where job_id = any($1)
         order by job_id, number",
    )))
    .bind(ids)
    .fetch_all(tx)
    .await?;
    let mut found: Vec<JobStatus> = runs.into_iter().map(RunRow::status).collect();
    for step in steps {
        if let Some(run) = found.iter_mut().find(|run| run.id == step.job_id) {
            run.steps.push(step.status());
        }
    }
    Ok(found)
}

impl RunRow {
    fn status(self) -> JobStatus {
        JobStatus {
            id: self.id,
            workflow: self.workflow,
            key: self.key,
            state: self.state,
            failure: self.failure.map(|Json(failure)| failure),
            steps: Vec::new(),
            created_at: self.created_at,
            ended_at: self.ended_at,
            cancelled_by: self.cancelled_by,
            paused_by: self.paused_by,
            held: self.held,
            parent: self.parent_job,
        }
    }
}

impl StepRow {
    fn status(self) -> StepStatus {
        let told = self.progress.zip(self.progress_message).zip(self.progress_at);
        StepStatus {
            name: self.name,
            state: self.state,
            attempts: u32::try_from(self.attempts).unwrap_or_default(),
            next_attempt_at: self.next_attempt_at,
            started_at: self.started_at,
            ended_at: self.ended_at,
            reason: self.reason,
            message: self.user_message,
            detail: self.operator_detail,
            progress: told.map(|((percent, message), at)| Progress {
                percent: u8::try_from(percent).unwrap_or_default(),
                message,
                at,
            }),
            waits_for: self.waits_for,
        }
    }
}

/// Of tenants that are not suspended: rows that are due by `now`, rows that wait for their time. Of all: runs under way, runs
/// that are stuck. And the seconds that the eldest such ready row has waited.
pub(crate) async fn depth(
    tx: &mut PgConnection,
    now: Timestamp,
) -> pg::Result<(i64, i64, i64, i64, f64)> {
    Ok(sqlx::query_as(
        "select count(*) filter (where due_at <= $1), count(*) filter (where due_at > $1),
             (select count(*) from job_leases), (select count(*) from jobs where state = 'stuck'),
             coalesce(extract(epoch from now() - min(since) filter (where due_at = '-infinity')), 0)::float8
         from job_ready r
         where not exists (select from job_suspensions s where s.tenant_id = r.tenant_id and s.held)",
    )
    .bind(now)
    .fetch_one(tx)
    .await?)
}
