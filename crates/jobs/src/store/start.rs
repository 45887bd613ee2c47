//! A new run, its key and its ready row.

use kernel::{Cx, JobId, Timestamp};
use serde_json::Value;
use sqlx::PgConnection;

use crate::{Priority, Result};

pub(crate) struct NewRun<'a> {
    pub(crate) id: JobId,
    pub(crate) workflow: &'a str,
    pub(crate) version: u32,
    pub(crate) key: &'a str,
    pub(crate) input: &'a Value,
    pub(crate) priority: Priority,
    pub(crate) due_at: Option<Timestamp>,
    pub(crate) singleton: Option<&'a str>,
    pub(crate) traceparent: Option<String>,
}

/// What stood in the way of a new run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing: it was written.
    Nothing,
    /// A run with the same key.
    Key,
    /// An unfinished run with the same singleton key.
    Singleton,
}

/// Writes the run unless its key or its singleton key is taken; a parallel start with the same one waits for our
/// commit. The key is claimed first: it outlives the run's row, which moves to the history.
pub(crate) async fn insert_run(tx: &mut PgConnection, cx: &Cx, run: &NewRun<'_>) -> Result<Found> {
    let (key, inserted): (bool, bool) = sqlx::query_as(
        "with named as (
             insert into job_keys (workflow, key, job_id) values ($2, $4, $1)
             on conflict on constraint job_keys_pkey do nothing
             returning job_id
         ), run as (
             insert into jobs (id, workflow, version, key, input, traceparent, request_id, started_by, priority, singleton)
             select job_id, $2, $3, $4, $5, $6, $7, $8, $9, $10 from named
             on conflict do nothing
             returning id, workflow, version
         ), ready as (
             insert into job_ready (job_id, workflow, version, going, step, due_at, since, queued_at)
             select id, workflow, version, 'forward', 0, coalesce($11, '-infinity'), greatest(now(), $11),
                 greatest(now(), $11) + $12 * interval '1 s'
             from run
         )
         select exists (select from named), exists (select from run)",
    )
    .bind(run.id)
    .bind(run.workflow)
    .bind(run.version.cast_signed())
    .bind(run.key)
    .bind(run.input)
    .bind(&run.traceparent)
    .bind(&cx.request_id)
    .bind(cx.actor.label())
    .bind(run.priority)
    .bind(run.singleton)
    .bind(run.due_at)
    .bind(run.priority.shift_seconds())
    .fetch_one(&mut *tx)
    .await?;
    match (key, inserted) {
        (_, true) => Ok(Found::Nothing),
        (false, false) => Ok(Found::Key),
        (true, false) => {
            // The key stays free: it began nothing.
            sqlx::query("delete from job_keys where workflow = $1 and key = $2 and job_id = $3")
                .bind(run.workflow)
                .bind(run.key)
                .bind(run.id)
                .execute(tx)
                .await?;
            Ok(Found::Singleton)
        }
    }
}

/// The run of a key, moved to the history or not, and whether it has this input.
pub(crate) async fn known_run(
    tx: &mut PgConnection,
    workflow: &str,
    key: &str,
    input: &Value,
) -> Result<Option<(JobId, bool)>> {
    Ok(sqlx::query_as(
        "select r.id, r.input = $3 from job_keys k
         cross join lateral (
             select id, input from jobs where tenant_id = k.tenant_id and id = k.job_id
             union all
             select id, input from job_history where tenant_id = k.tenant_id and id = k.job_id
         ) r
         where k.workflow = $1 and k.key = $2",
    )
    .bind(workflow)
    .bind(key)
    .bind(input)
    .fetch_optional(tx)
    .await?)
}

/// The unfinished run of a singleton key.
pub(crate) async fn holder(
    tx: &mut PgConnection,
    workflow: &str,
    singleton: &str,
) -> Result<Option<JobId>> {
    Ok(sqlx::query_scalar(
        "select id from jobs where workflow = $1 and singleton = $2 and ended_at is null",
    )
    .bind(workflow)
    .bind(singleton)
    .fetch_optional(tx)
    .await?)
}
