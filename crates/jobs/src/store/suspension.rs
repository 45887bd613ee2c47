//! Rows of `job_suspensions`.

use sqlx::PgConnection;

pub(crate) async fn insert(tx: &mut PgConnection) -> pg::Result<()> {
    sqlx::query(
        "insert into job_suspensions default values on conflict on constraint job_suspensions_pkey do nothing",
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether the tenant was suspended.
pub(crate) async fn delete(tx: &mut PgConnection) -> pg::Result<bool> {
    let gone = sqlx::query("delete from job_suspensions where tenant_id = usher.current_tenant()")
        .execute(tx)
        .await?;
    Ok(gone.rows_affected() == 1)
}
