//! Permits to call remote hosts, and attempts that came to none.

use sqlx::PgConnection;

use super::claim::Lease;

/// Makes a full bucket for a host that nobody has called yet.
pub(crate) async fn ensure(tx: &mut PgConnection, host: &str, burst: f64) -> pg::Result<()> {
    sqlx::query(
        "insert into job_hosts (host, permits, filled_at) values ($1, $2, clock_timestamp())
         on conflict on constraint job_hosts_pkey do nothing",
    )
    .bind(host)
    .bind(burst)
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes up to `most` whole permits; answers how many, and how full the bucket is afterwards. `None` where there is no
/// bucket.
pub(crate) async fn take(
    tx: &mut PgConnection,
    host: &str,
    (per_second, burst): (f64, f64),
    most: f64,
) -> pg::Result<Option<(f64, f64)>> {
    Ok(sqlx::query_as(
        "with held as materialized (
             select permits, filled_at from job_hosts where host = $1 for update
         ), filled as materialized (
             select n.at,
                 least($3, h.permits + $2 * greatest(extract(epoch from n.at - h.filled_at), 0)::float8) as permits
             from held h cross join lateral (select clock_timestamp() as at where h.permits is not null) n
         ), given as materialized (
             select at, permits, greatest(least($4, floor(permits)), 0) as given from filled
         ), taken as (
             update job_hosts b set permits = f.permits - f.given, filled_at = f.at
             from given f where b.host = $1
         )
         select given, permits - given from given",
    )
    .bind(host)
    .bind(per_second)
    .bind(burst)
    .bind(most)
    .fetch_optional(tx)
    .await?)
}

/// Takes back the count of an attempt that was put off.
pub(crate) async fn uncount(tx: &mut PgConnection, lease: &Lease, step: i16) -> pg::Result<()> {
    sqlx::query(
        "update job_steps
         set attempts = attempts - ($4 = 'forward')::int, undo_attempts = undo_attempts - ($4 = 'back')::int
         where tenant_id = $1 and job_id = $2 and number = $3",
    )
    .bind(lease.tenant)
    .bind(lease.job)
    .bind(step)
    .bind(lease.going)
    .execute(tx)
    .await?;
    Ok(())
}
