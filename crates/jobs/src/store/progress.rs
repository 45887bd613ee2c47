//! How far an attempt is; written only under its own lease.

use serde_json::Value;
use sqlx::PgConnection;

use super::claim::Lease;

/// The lease that a write needs. Who takes it over deletes it first, and waits for us or we for them.
const HELD: &str = "with held as (
    select tenant_id, job_id, step from job_leases
    where tenant_id = $1 and job_id = $2 and step = $3 and token = $4 for key share
)";

/// Writes an attempt's progress; answers whether the lease is still the attempt's.
pub(crate) async fn update_progress(
    tx: &mut PgConnection,
    lease: &Lease,
    percent: u8,
    message: &str,
) -> pg::Result<bool> {
    let sql = format!(
        "{HELD} update job_steps s set progress = $5, progress_message = $6, progress_at = now() from held h
         where s.tenant_id = h.tenant_id and s.job_id = h.job_id and s.number = h.step"
    );
    let written = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(lease.tenant)
        .bind(lease.job)
        .bind(lease.step)
        .bind(lease.token)
        .bind(i16::from(percent))
        .bind(message)
        .execute(tx)
        .await?;
    Ok(written.rows_affected() == 1)
}

/// Writes an attempt's last progress, after its lease was given up in the same transaction.
pub(crate) async fn set_progress(
    tx: &mut PgConnection,
    lease: &Lease,
    percent: u8,
    message: &str,
) -> pg::Result<()> {
    sqlx::query(
        "update job_steps set progress = $4, progress_message = $5, progress_at = now()
         where tenant_id = $1 and job_id = $2 and number = $3",
    )
    .bind(lease.tenant)
    .bind(lease.job)
    .bind(lease.step)
    .bind(i16::from(percent))
    .bind(message)
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes what the next attempt is to know; answers whether the lease is still the attempt's.
pub(crate) async fn update_checkpoint(
    tx: &mut PgConnection,
    lease: &Lease,
    checkpoint: &Value,
) -> pg::Result<bool> {
    let sql = format!(
        "{HELD} update job_steps s set checkpoint = $5 from held h
         where s.tenant_id = h.tenant_id and s.job_id = h.job_id and s.number = h.step"
    );
    let written = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(lease.tenant)
        .bind(lease.job)
        .bind(lease.step)
        .bind(lease.token)
        .bind(checkpoint)
        .execute(tx)
        .await?;
    Ok(written.rows_affected() == 1)
}
