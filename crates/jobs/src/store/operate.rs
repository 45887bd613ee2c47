//! What a person changes of a run.

use kernel::{JobId, Timestamp};
use serde_json::Value;
use sqlx::PgConnection;

use super::history;
use crate::{Going, JobState, intervention::Intervention};

/// A run as an operation needs to know it.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Locked {
    pub(crate) id: JobId,
    pub(crate) workflow: String,
    pub(crate) key: String,
    pub(crate) state: JobState,
    /// It is undoing, or has.
    pub(crate) turned: bool,
    pub(crate) cancelled: bool,
    pub(crate) paused: bool,
    /// No living worker can go on with it.
    pub(crate) held: bool,
}

/// Locks the run against other operations; the end of an attempt waits for us only where it writes the run. One that has
/// moved to the history is brought back.
pub(crate) async fn lock_run(tx: &mut PgConnection, id: JobId) -> pg::Result<Option<Locked>> {
    for _ in 0..2 {
        if let Some(run) = lock_unmoved(tx, id).await? {
            return Ok(Some(run));
        }
        history::recall(tx, id).await?;
    }
    history::moved(tx, id).await
}

/// Locks the run as [`lock_run`] does; one that has moved is left where it is, and nothing locks it.
pub(crate) async fn lock_or_see(tx: &mut PgConnection, id: JobId) -> pg::Result<Option<Locked>> {
    for _ in 0..2 {
        if let Some(run) = lock_unmoved(tx, id).await? {
            return Ok(Some(run));
        }
        if let Some(run) = history::moved(tx, id).await? {
            return Ok(Some(run));
        }
    }
    Ok(None)
}

async fn lock_unmoved(tx: &mut PgConnection, id: JobId) -> pg::Result<Option<Locked>> {
    // In the order of a claim, which goes from the ready row to the run.
    sqlx::query("select from job_ready where job_id = $1 order by step for update")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    Ok(sqlx::query_as(
        "select id, workflow, key, state, failure is not null as turned, cancelled_by is not null as cancelled,
             paused_at is not null as paused, held is not null as held
         from jobs where id = $1 for update",
    )
    .bind(id)
    .fetch_optional(tx)
    .await?)
}

/// Makes what waits of a run due at once; answers whether anything waited.
pub(crate) async fn hasten(tx: &mut PgConnection, id: JobId) -> pg::Result<bool> {
    let changed = sqlx::query(
        "update job_ready set since = now(),
             due_at = case when kept_due_at is null then '-infinity' else due_at end,
             kept_due_at = case when kept_due_at is not null then '-infinity'::timestamptz end
         where job_id = $1",
    )
    .bind(id)
    .execute(tx)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Pauses a run; what is ready keeps its due time aside.
pub(crate) async fn pause(tx: &mut PgConnection, id: JobId, by: &str) -> pg::Result<()> {
    sqlx::query("update jobs set paused_at = now(), paused_by = $2 where id = $1")
        .bind(id)
        .bind(by)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "update job_ready set kept_due_at = due_at, due_at = 'infinity' where job_id = $1 and kept_due_at is null",
    )
    .bind(id)
    .execute(tx)
    .await?;
    Ok(())
}

/// Pauses a run no longer; what is ready is due when it would have been.
pub(crate) async fn unpause(tx: &mut PgConnection, id: JobId) -> pg::Result<()> {
    sqlx::query("update jobs set paused_at = null, paused_by = null where id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "update job_ready set due_at = kept_due_at, kept_due_at = null, since = now()
         where job_id = $1 and kept_due_at is not null",
    )
    .bind(id)
    .execute(tx)
    .await?;
    Ok(())
}

/// Gives the steps from the first that does not stand a fresh start, but for those that stand beside it.
pub(crate) async fn reset_steps(tx: &mut PgConnection, id: JobId) -> pg::Result<()> {
    // Whatever an unfinished step may have left outside stays known to the next undo.
    sqlx::query(
        "with first as (
             select number, side_by_side from job_steps where job_id = $1 and output is null order by number limit 1
         )
         update job_steps s set state = 'pending', attempts = 0, undo_attempts = 0, output = null, started_at = null,
             ended_at = null, next_attempt_at = null, waits_for = null, waits_until = null, progress = null,
             progress_message = null, progress_at = null, checkpoint = null
         from first f
         where s.job_id = $1 and s.number >= f.number
           and (s.output is null or s.side_by_side is distinct from f.side_by_side or f.side_by_side is null)",
    )
    .bind(id)
    .execute(tx)
    .await?;
    Ok(())
}

/// Makes a step stand no longer, and frees the signals that it and its followers took. `anew`: their attempts are no
/// repeats of the earlier ones.
pub(crate) async fn reset_from(
    tx: &mut PgConnection,
    id: JobId,
    step: i16,
    anew: bool,
) -> pg::Result<()> {
    sqlx::query(
        "update job_steps set output = case when number > $2 then output end, round = round + $3::int
         where job_id = $1 and number >= $2",
    )
    .bind(id)
    .bind(step)
    .bind(i32::from(anew))
    .execute(&mut *tx)
    .await?;
    sqlx::query("update job_signals set taken_by = null where job_id = $1 and taken_by >= $2")
        .bind(id)
        .bind(step)
        .execute(tx)
        .await?;
    Ok(())
}

/// Gives the undo that is stuck a fresh start; answers its step's number.
pub(crate) async fn reset_undo(tx: &mut PgConnection, id: JobId) -> pg::Result<i16> {
    let step: Option<i16> = sqlx::query_scalar(
        "update job_steps set state = 'undoing', undo_attempts = 0 where job_id = $1 and state = 'stuck'
         returning number",
    )
    .bind(id)
    .fetch_optional(tx)
    .await?;
    Ok(step.unwrap_or_default())
}

/// Takes a step as done, by a person's word.
pub(crate) async fn mark_skipped(
    tx: &mut PgConnection,
    id: JobId,
    step: i16,
    output: &Value,
    reason: &str,
    by: &str,
) -> pg::Result<()> {
    sqlx::query(
        "update job_steps set state = 'skipped', output = $3, next_attempt_at = null, ended_at = now(),
             waits_for = null, waits_until = null, reason = 'skipped_by_hand', user_message = $4,
             operator_detail = $4 || ' (' || $5 || ')'
         where job_id = $1 and number = $2",
    )
    .bind(id)
    .bind(step)
    .bind(output)
    .bind(reason)
    .bind(by)
    .execute(tx)
    .await?;
    Ok(())
}

/// The version of a run and the input it goes by: the one it was started with, or the latest that a person edited.
pub(crate) async fn begun_with(tx: &mut PgConnection, id: JobId) -> pg::Result<(i32, Value)> {
    Ok(sqlx::query_as(
        "select j.version, coalesce((
             select i.input from job_interventions i
             where i.job_id = j.id and i.input is not null order by i.number desc limit 1
         ), j.input)
         from jobs j where j.id = $1",
    )
    .bind(id)
    .fetch_one(tx)
    .await?)
}

/// Takes a step as taken back, by a person's word.
pub(crate) async fn mark_undone(
    tx: &mut PgConnection,
    id: JobId,
    step: i16,
    reason: &str,
    by: &str,
) -> pg::Result<()> {
    sqlx::query(
        "update job_steps set state = 'undone', effect = 'none', output = null, ended_at = now(),
             reason = 'undone_by_hand', user_message = $3, operator_detail = $3 || ' (' || $4 || ')'
         where job_id = $1 and number = $2",
    )
    .bind(id)
    .bind(step)
    .bind(reason)
    .bind(by)
    .execute(tx)
    .await?;
    Ok(())
}

/// Another unfinished run that holds the run's singleton key.
pub(crate) async fn rival(tx: &mut PgConnection, id: JobId) -> pg::Result<Option<JobId>> {
    Ok(sqlx::query_scalar(
        "select o.id from jobs j
         join jobs o on o.tenant_id = j.tenant_id and o.workflow = j.workflow and o.singleton = j.singleton
         where j.id = $1 and o.id <> j.id and o.ended_at is null",
    )
    .bind(id)
    .fetch_optional(tx)
    .await?)
}

/// Makes an ended run ready again at these steps.
pub(crate) async fn reopen(
    tx: &mut PgConnection,
    id: JobId,
    going: Going,
    steps: &[i16],
) -> pg::Result<()> {
    sqlx::query(
        "update jobs set state = 'queued', ended_at = null,
             failure = case $2 when 'back' then failure end,
             cancelled_by = case $2 when 'back' then cancelled_by end
         where id = $1",
    )
    .bind(id)
    .bind(going)
    .execute(&mut *tx)
    .await?;
    insert_ready(tx, id, going, steps).await
}

/// Makes a run ready at these steps, at once; where it is paused, once it is resumed.
pub(crate) async fn insert_ready(
    tx: &mut PgConnection,
    id: JobId,
    going: Going,
    steps: &[i16],
) -> pg::Result<()> {
    sqlx::query(
        "insert into job_ready (job_id, workflow, version, going, step, due_at, kept_due_at)
         select id, workflow, version, $2, step,
             case when paused_at is null then '-infinity' else 'infinity' end::timestamptz,
             case when paused_at is not null then '-infinity'::timestamptz end
         from jobs cross join unnest($3::smallint[]) s (step) where id = $1",
    )
    .bind(id)
    .bind(going)
    .bind(steps)
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes a step's ready row away. Answers whether the run has nothing else that is ready or under way, so that whoever
/// took it must say what comes next.
pub(crate) async fn drop_ready(tx: &mut PgConnection, id: JobId, step: i16) -> pg::Result<bool> {
    sqlx::query("delete from job_ready where job_id = $1 and step = $2")
        .bind(id)
        .bind(step)
        .execute(&mut *tx)
        .await?;
    Ok(sqlx::query_scalar(
        "select not exists (select from job_ready where job_id = $1)
            and not exists (select from job_leases where job_id = $1)",
    )
    .bind(id)
    .fetch_one(tx)
    .await?)
}

/// Ends a run as it is, and tells the run that waits for it.
pub(crate) async fn end(tx: &mut PgConnection, id: JobId, state: JobState) -> pg::Result<()> {
    sqlx::query("delete from job_ready where job_id = $1").bind(id).execute(&mut *tx).await?;
    sqlx::query("delete from job_leases where job_id = $1").bind(id).execute(&mut *tx).await?;
    sqlx::query(
        "update jobs set state = $2, ended_at = now(), held = null, paused_at = null, paused_by = null where id = $1",
    )
    .bind(id)
    .bind(state)
    .execute(&mut *tx)
    .await?;
    super::child::wake_parent(tx, id).await
}

/// Notes who asked the run to stop; the first one stays.
pub(crate) async fn mark_cancelled(tx: &mut PgConnection, id: JobId, by: &str) -> pg::Result<()> {
    sqlx::query("update jobs set cancelled_by = coalesce(cancelled_by, $2) where id = $1")
        .bind(id)
        .bind(by)
        .execute(tx)
        .await?;
    Ok(())
}

/// Adds to what people did to a run, which its caller has locked; answers when.
pub(crate) async fn insert_intervention(
    tx: &mut PgConnection,
    done: &Intervention,
) -> pg::Result<Timestamp> {
    Ok(sqlx::query_scalar(
        "insert into job_interventions (job_id, number, verb, step, reason, input, actor, was)
         select $1, count(*) + 1, $2, $3, $4, $5, $6, $7 from job_interventions where job_id = $1
         returning at",
    )
    .bind(done.job)
    .bind(done.verb)
    .bind(&done.step)
    .bind(&done.reason)
    .bind(&done.input)
    .bind(&done.actor)
    .bind(done.was)
    .fetch_one(tx)
    .await?)
}

/// What people did to a run, oldest first.
pub(crate) async fn interventions(
    tx: &mut PgConnection,
    id: JobId,
) -> pg::Result<Vec<Intervention>> {
    Ok(sqlx::query_as(
        "select i.job_id, j.workflow, j.key, i.verb, i.step, i.reason, i.input, i.actor, i.was, i.at
         from job_interventions i
         cross join lateral (
             select workflow, key from jobs where tenant_id = i.tenant_id and id = i.job_id
             union all
             select workflow, key from job_history where tenant_id = i.tenant_id and id = i.job_id
         ) j
         where i.job_id = $1 order by i.number",
    )
    .bind(id)
    .fetch_all(tx)
    .await?)
}
