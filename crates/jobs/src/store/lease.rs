//! Keeping leases, and finding those that ran out.

use kernel::JobId;
use sqlx::PgConnection;

use super::claim::Lease;

/// Renews every lease of a process in one statement. Answers those still held, and whether the run is to stop;
/// what is missing was lost. A lease that is being given up this moment is passed over, not waited for: one slow
/// commit must not cost the others their leases.
pub(crate) async fn renew(
    tx: &mut PgConnection,
    held: &[Lease],
    lease_millis: i64,
) -> pg::Result<Vec<(JobId, i64, bool)>> {
    let (tenants, jobs) = super::load::keys(held);
    let tokens: Vec<i64> = held.iter().map(|lease| lease.token).collect();
    Ok(sqlx::query_as(
        "with held as (
             select * from unnest($1::uuid[], $2::uuid[], $3::bigint[]) h (tenant_id, job_id, token)
         ), free as (
             select l.tenant_id, l.job_id, l.token
             from job_leases l join held h using (tenant_id, job_id, token)
             for update of l skip locked
         ), renewed as (
             update job_leases l set expires_at = now() + $4 * interval '1 ms' from free f
             where l.tenant_id = f.tenant_id and l.job_id = f.job_id and l.token = f.token
         )
         select l.job_id, l.token, l.going = 'forward' and j.cancelled_by is not null
         from job_leases l join held h using (tenant_id, job_id, token)
         join jobs j on j.tenant_id = l.tenant_id and j.id = l.job_id",
    )
    .bind(tenants)
    .bind(jobs)
    .bind(tokens)
    .bind(lease_millis)
    .fetch_all(tx)
    .await?)
}

/// Leases that ran out, of workflows this worker knows; `ours` are left to those who still work under them.
pub(crate) async fn expired(
    tx: &mut PgConnection,
    workflows: &[String],
    versions: &[i32],
    ours: &[i64],
) -> pg::Result<Vec<Lease>> {
    Ok(sqlx::query_as(
        "select tenant_id, job_id, token, going, step, queued_at from job_leases
         where expires_at < now() and (workflow, version) in (select * from unnest($1::text[], $2::int[]))
           and token <> all($3)
         order by expires_at limit 100",
    )
    .bind(workflows)
    .bind(versions)
    .bind(ours)
    .fetch_all(tx)
    .await?)
}

/// Makes runs that wait for another attempt due at once where somebody asked for them to stop.
pub(crate) async fn hasten_cancelled(tx: &mut PgConnection) -> pg::Result<()> {
    sqlx::query(
        "update job_ready r set due_at = '-infinity', since = now() from jobs j
         where j.cancelled_by is not null and j.ended_at is null
           and r.tenant_id = j.tenant_id and r.job_id = j.id and r.going = 'forward' and r.due_at > '-infinity'",
    )
    .execute(tx)
    .await?;
    Ok(())
}
