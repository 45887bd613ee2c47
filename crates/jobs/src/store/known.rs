//! Which builds live, and which runs none of them can go on with.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::HeldFor;

/// Runs marked or released in one sweep.
const AT_ONCE: i64 = 1_000;

/// Notes that a worker lives and what it knows; forgets those that were not seen for a day.
pub(crate) async fn see_worker(
    tx: &mut PgConnection,
    worker: Uuid,
    workflows: &[String],
    versions: &[i32],
    unseen_millis: i64,
) -> pg::Result<()> {
    // Written a few times per span only: it is read as "alive or not".
    sqlx::query(
        "insert into job_workers (worker, workflow, version)
         select $1, workflow, version from unnest($2::text[], $3::int[]) k (workflow, version)
         on conflict on constraint job_workers_pkey do update set seen_at = now()
         where job_workers.seen_at < now() - $4 * interval '1 ms' / 4",
    )
    .bind(worker)
    .bind(workflows)
    .bind(versions)
    .bind(unseen_millis)
    .execute(&mut *tx)
    .await?;
    sqlx::query("delete from job_workers where seen_at < now() - interval '1 day'")
        .execute(tx)
        .await?;
    Ok(())
}

/// Marks the ready runs that no living worker knows, releases those that one knows again, and counts what is held.
pub(crate) async fn hold_unknown(
    tx: &mut PgConnection,
    unseen_millis: i64,
) -> pg::Result<Vec<(String, i32, HeldFor, i64)>> {
    sqlx::query(
        "with alive as materialized (
             select distinct workflow, version from job_workers where seen_at > now() - $1 * interval '1 ms'
         ), unknown as (
             select distinct r.workflow, r.version from job_ready r
             where (r.workflow, r.version) not in (select workflow, version from alive)
         ), found as (
             select j.tenant_id, j.id,
                 case when u.workflow in (select workflow from alive) then 'version_unknown' else 'workflow_unknown' end as why
             from unknown u
             join job_ready r using (workflow, version)
             join jobs j on j.tenant_id = r.tenant_id and j.id = r.job_id
             where j.held is null or j.held = 'step_unknown'
             union
             select j.tenant_id, j.id, null from jobs j
             where j.held in ('workflow_unknown', 'version_unknown')
               and (j.workflow, j.version) in (select workflow, version from alive)
             limit $2
         ), locked as (
             select j.tenant_id, j.id, f.why
             from jobs j join found f on f.tenant_id = j.tenant_id and f.id = j.id
             for update of j skip locked
         )
         update jobs j set held = l.why from locked l where j.tenant_id = l.tenant_id and j.id = l.id",
    )
    .bind(unseen_millis)
    .bind(AT_ONCE)
    .execute(&mut *tx)
    .await?;
    Ok(sqlx::query_as(
        "select workflow, version, held, count(*) from jobs where held is not null group by workflow, version, held",
    )
    .fetch_all(tx)
    .await?)
}
