//! Rows of `seats`, and what takes them.

use kernel::Timestamp;
use pg::TenantTx;

use crate::domain::Seats;

/// The tenant's limit, which nobody else takes a seat under until the transaction ends; `None` where any number of
/// members is allowed, and then nobody waits.
pub(crate) async fn lock_seat_limit(tx: &mut TenantTx) -> pg::Result<Option<i32>> {
    let limit = sqlx::query_scalar!(
        "select seat_limit from seats where tenant_id = usher.current_tenant() for no key update",
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(limit.flatten())
}

/// The seats as they are at `now`.
pub(crate) async fn seats(tx: &mut TenantTx, now: Timestamp) -> pg::Result<Seats> {
    let row = sqlx::query_as!(
        Seats,
        r#"select (select seat_limit from seats where tenant_id = usher.current_tenant()) as "limit",
                  (select count(*) from memberships
                   where tenant_id = usher.current_tenant() and status = 'active') as "members!",
                  (select count(*) from invites
                   where tenant_id = usher.current_tenant() and status = 'pending' and expires_at > $1) as "reserved!""#,
        now as _,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}

/// Makes sure that there is a row to lock.
pub(crate) async fn ensure_seats(tx: &mut TenantTx, now: Timestamp) -> pg::Result<()> {
    sqlx::query!(
        "insert into seats (tenant_id, changed_at, changed_by) values (usher.current_tenant(), $1, '')
         on conflict on constraint seats_pkey do nothing",
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Marks a change of the plan as followed; false where it, or a newer one, was before.
pub(crate) async fn follow_epoch(tx: &mut TenantTx, epoch: i64) -> pg::Result<bool> {
    let marked = sqlx::query!(
        "update seats set plan_epoch = $1 where tenant_id = usher.current_tenant() and plan_epoch < $1",
        epoch,
    )
    .execute(&mut **tx)
    .await?;
    Ok(marked.rows_affected() == 1)
}

pub(crate) async fn update_seat_limit(
    tx: &mut TenantTx,
    limit: Option<i32>,
    by: &str,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update seats set seat_limit = $1, changed_at = $2, changed_by = $3
         where tenant_id = usher.current_tenant()",
        limit,
        now as _,
        by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
