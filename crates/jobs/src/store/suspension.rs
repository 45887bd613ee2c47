//! Rows of `job_suspensions`.

use sqlx::PgConnection;

/// Holds the tenant's runs, or holds them no longer; false where the same news or newer ones were followed before.
pub(crate) async fn follow(tx: &mut PgConnection, epoch: i64, held: bool) -> pg::Result<bool> {
    let followed = sqlx::query(
        "insert into job_suspensions as s (held, epoch) values ($1, $2)
         on conflict on constraint job_suspensions_pkey
         do update set held = excluded.held, epoch = excluded.epoch, since = now() where s.epoch < excluded.epoch",
    )
    .bind(held)
    .bind(epoch)
    .execute(tx)
    .await?;
    Ok(followed.rows_affected() == 1)
}

/// Lets what is ready of the tenant never be due.
pub(crate) async fn put_off(tx: &mut PgConnection) -> pg::Result<()> {
    sqlx::query(
        "update job_ready set kept_due_at = due_at, due_at = 'infinity'
         where tenant_id = usher.current_tenant() and kept_due_at is null",
    )
    .execute(tx)
    .await?;
    Ok(())
}
