//! Signals: kept, taken, and who waits for them.

use kernel::JobId;
use serde_json::Value;
use sqlx::PgConnection;

/// The run of a key, moved to the history or not.
pub(crate) async fn run_of_key(
    tx: &mut PgConnection,
    workflow: &str,
    key: &str,
) -> pg::Result<Option<JobId>> {
    Ok(sqlx::query_scalar("select job_id from job_keys where workflow = $1 and key = $2")
        .bind(workflow)
        .bind(key)
        .fetch_optional(tx)
        .await?)
}

/// The name of the signal of this id, if it came before.
pub(crate) async fn name_of(
    tx: &mut PgConnection,
    job: JobId,
    signal_id: &str,
) -> pg::Result<Option<String>> {
    Ok(sqlx::query_scalar(
        "select name from job_signals where job_id = $1 and signal_id = $2
         union all
         select name from job_signal_history where job_id = $1 and signal_id = $2",
    )
    .bind(job)
    .bind(signal_id)
    .fetch_optional(tx)
    .await?)
}

pub(crate) async fn insert_signal(
    tx: &mut PgConnection,
    job: JobId,
    name: &str,
    signal_id: &str,
    payload: &Value,
) -> pg::Result<()> {
    sqlx::query(
        "insert into job_signals (job_id, signal_id, name, payload) values ($1, $2, $3, $4)",
    )
    .bind(job)
    .bind(signal_id)
    .bind(name)
    .bind(payload)
    .execute(tx)
    .await?;
    Ok(())
}

/// Makes the steps that wait for a signal of this name due; of a paused run, once it is resumed.
pub(crate) async fn wake_waiting(tx: &mut PgConnection, job: JobId, name: &str) -> pg::Result<()> {
    sqlx::query(
        "update job_ready r set since = now(),
             due_at = case when r.kept_due_at is null then '-infinity' else r.due_at end,
             kept_due_at = case when r.kept_due_at is not null then '-infinity'::timestamptz end
         from job_steps s
         where r.job_id = $1 and r.going = 'forward'
           and s.job_id = r.job_id and s.number = r.step and s.waits_for = 'signal ' || $2",
    )
    .bind(job)
    .bind(name)
    .execute(tx)
    .await?;
    Ok(())
}

/// The oldest signal of a name that no step took: this one takes it.
pub(crate) async fn take_signal(
    tx: &mut PgConnection,
    job: JobId,
    step: i16,
    name: &str,
) -> pg::Result<Option<Value>> {
    Ok(sqlx::query_scalar(
        "update job_signals set taken_by = $2
         where job_id = $1 and signal_id = (
             select signal_id from job_signals
             where job_id = $1 and name = $3 and (taken_by is null or taken_by = $2)
             order by taken_by nulls last, arrived_at, signal_id limit 1)
         returning payload",
    )
    .bind(job)
    .bind(step)
    .bind(name)
    .fetch_optional(tx)
    .await?)
}
