//! Runs that other runs started and wait for.

use kernel::JobId;
use serde_json::Value;
use sqlx::{PgConnection, types::Json};

use super::{claim::Lease, history};
use crate::{JobState, StepFailure};

/// A child as its parent must know it.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct ChildRow {
    pub(crate) id: JobId,
    pub(crate) state: JobState,
    pub(crate) failure: Option<Json<StepFailure>>,
    /// Outputs by step.
    pub(crate) outputs: Value,
}

/// Ties a run to the step that started it; one that was started before by somebody else gets this parent.
pub(crate) async fn adopt(
    tx: &mut PgConnection,
    parent: &Lease,
    step: i16,
    child: JobId,
) -> pg::Result<()> {
    sqlx::query(
        "update jobs set parent_job = $2, parent_step = $3
         where id = $1 and (parent_job, parent_step) is distinct from ($2, $3)",
    )
    .bind(child)
    .bind(parent.job)
    .bind(step)
    .execute(&mut *tx)
    .await?;
    sqlx::query("update job_steps set child_job = $3 where job_id = $1 and number = $2")
        .bind(parent.job)
        .bind(step)
        .bind(child)
        .execute(tx)
        .await?;
    Ok(())
}

/// Locks a child, so that it does not end while its parent decides to wait. One that has moved to the history is brought
/// back: it stays until its parent has ended.
pub(crate) async fn lock_child(tx: &mut PgConnection, id: JobId) -> pg::Result<Option<ChildRow>> {
    for _ in 0..2 {
        let locked = sqlx::query("select from jobs where id = $1 for update").bind(id);
        if locked.fetch_optional(&mut *tx).await?.is_some() {
            break;
        }
        history::recall(tx, id).await?;
    }
    Ok(sqlx::query_as(
        "select j.id, j.state, j.failure, (
             select coalesce(jsonb_object_agg(s.name, s.output), '{}') from job_steps s
             where s.tenant_id = j.tenant_id and s.job_id = j.id and s.output is not null
         ) as outputs
         from jobs j where j.id = $1",
    )
    .bind(id)
    .fetch_optional(tx)
    .await?)
}

/// The last step of a run that may have acted: where taking it back begins.
pub(crate) async fn last_acted(tx: &mut PgConnection, id: JobId) -> pg::Result<Option<i16>> {
    Ok(sqlx::query_scalar(
        "select max(number) from job_steps where job_id = $1 and effect = 'unknown'",
    )
    .bind(id)
    .fetch_one(tx)
    .await?)
}

/// Makes the step due that waits for the end of this run; where its run is paused, once that is resumed.
pub(crate) async fn wake_parent(tx: &mut PgConnection, child: JobId) -> pg::Result<()> {
    sqlx::query(
        "update job_ready r set since = now(),
             due_at = case when r.kept_due_at is null then '-infinity' else r.due_at end,
             kept_due_at = case when r.kept_due_at is not null then '-infinity'::timestamptz end
         from jobs c
         where c.id = $1 and r.tenant_id = c.tenant_id and r.job_id = c.parent_job and r.step = c.parent_step",
    )
    .bind(child)
    .execute(tx)
    .await?;
    Ok(())
}

/// Makes a child that is to stop due at once, paused or not; a row that a worker is just taking is left to it.
pub(crate) async fn unpause_and_hasten(tx: &mut PgConnection, id: JobId) -> pg::Result<()> {
    sqlx::query("update jobs set paused_at = null, paused_by = null where id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "update job_ready r set kept_due_at = null, since = now(),
             due_at = case r.going when 'forward' then '-infinity' else coalesce(r.kept_due_at, r.due_at) end
         from (
             select tenant_id, job_id, step from job_ready where job_id = $1 for update skip locked
         ) d
         where r.tenant_id = d.tenant_id and r.job_id = d.job_id and r.step = d.step",
    )
    .bind(id)
    .execute(tx)
    .await?;
    Ok(())
}
