//! Moving ended runs to the history, and bringing one back.

use kernel::{JobId, Timestamp};
use sqlx::PgConnection;

use super::operate::Locked;

/// Moves runs that ended before `before`, with their steps and signals; answers how many of at most `most`.
///
/// A run stays while the one that started it may still ask for its outputs, or for it to take back what it did. One that
/// somebody is working on by hand this moment is passed over.
pub(crate) async fn move_ended(
    tx: &mut PgConnection,
    before: Timestamp,
    most: i64,
) -> pg::Result<i64> {
    Ok(sqlx::query_scalar(
        "with picked as materialized (
             select j.tenant_id, j.id, j.ended_at from jobs j
             where j.ended_at is not null and j.state <> 'stuck' and j.ended_at < $1
               and not exists (
                   select from jobs p
                   where p.tenant_id = j.tenant_id and p.id = j.parent_job and (p.ended_at is null or p.state = 'stuck')
               )
             order by j.ended_at limit $2 for update of j skip locked
         ), steps as (
             insert into job_step_history
             select s.*, p.ended_at from picked p
             join job_steps s on s.tenant_id = p.tenant_id and s.job_id = p.id
         ), signals as (
             insert into job_signal_history
             select s.*, p.ended_at from picked p
             join job_signals s on s.tenant_id = p.tenant_id and s.job_id = p.id
         ), moved as (
             delete from jobs j using picked p where j.tenant_id = p.tenant_id and j.id = p.id returning j.*
         ), kept as (
             insert into job_history select * from moved
         ), named as (
             update job_keys k set ended_at = m.ended_at from moved m
             where k.tenant_id = m.tenant_id and k.workflow = m.workflow and k.key = m.key
         )
         select count(*) from moved",
    )
    .bind(before)
    .bind(most)
    .fetch_one(tx)
    .await?)
}

/// Brings a run back from the history, with its steps and signals.
pub(crate) async fn recall(tx: &mut PgConnection, id: JobId) -> pg::Result<()> {
    // By name, since the histories of steps and signals have a column more.
    sqlx::query(
        "with run as (
             delete from job_history where id = $1 returning *
         ), back as (
             insert into jobs select * from run
         ), steps as (
             delete from job_step_history s using run r
             where s.tenant_id = r.tenant_id and s.job_id = r.id and s.run_ended_at = r.ended_at
             returning s.*
         ), signals as (
             delete from job_signal_history s using run r
             where s.tenant_id = r.tenant_id and s.job_id = r.id and s.run_ended_at = r.ended_at
             returning s.*
         ), heard as (
             insert into job_signals
             select r.* from signals s cross join lateral jsonb_populate_record(null::job_signals, to_jsonb(s)) r
         ), named as (
             update job_keys k set ended_at = null from run r
             where k.tenant_id = r.tenant_id and k.workflow = r.workflow and k.key = r.key
         )
         insert into job_steps
         select r.* from steps s cross join lateral jsonb_populate_record(null::job_steps, to_jsonb(s)) r",
    )
    .bind(id)
    .execute(tx)
    .await?;
    Ok(())
}

/// A run that has moved, as an operation needs to know it; nothing locks it.
pub(crate) async fn moved(tx: &mut PgConnection, id: JobId) -> pg::Result<Option<Locked>> {
    Ok(sqlx::query_as(
        "select id, workflow, key, state, failure is not null as turned, cancelled_by is not null as cancelled,
             paused_at is not null as paused, held is not null as held
         from job_history where id = $1",
    )
    .bind(id)
    .fetch_optional(tx)
    .await?)
}

/// Forgets keys of runs that ended `keep_seconds` ago; answers how many of at most `most`.
pub(crate) async fn forget_keys(
    tx: &mut PgConnection,
    keep_seconds: f64,
    most: i64,
) -> pg::Result<u64> {
    let forgotten = sqlx::query(
        "delete from job_keys k using (
             select tenant_id, workflow, key from job_keys
             where ended_at is not null and ended_at < now() - greatest(make_interval(secs => $1), interval '1 hour')
             order by ended_at limit $2 for update skip locked
         ) old
         where k.tenant_id = old.tenant_id and k.workflow = old.workflow and k.key = old.key",
    )
    .bind(keep_seconds)
    .bind(most)
    .execute(tx)
    .await?;
    Ok(forgotten.rows_affected())
}

/// Makes the partitions of the coming months.
pub(crate) async fn prepare_partitions(tx: &mut PgConnection, ahead: i32) -> pg::Result<i32> {
    Ok(sqlx::query_scalar("select job_prepare_partitions($1)").bind(ahead).fetch_one(tx).await?)
}

/// Drops the partitions whose keys are all forgotten.
pub(crate) async fn drop_partitions(tx: &mut PgConnection, keep_seconds: f64) -> pg::Result<i32> {
    Ok(sqlx::query_scalar("select job_drop_partitions(make_interval(secs => $1))")
        .bind(keep_seconds)
        .fetch_one(tx)
        .await?)
}
