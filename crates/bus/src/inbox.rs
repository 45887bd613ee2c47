//! The inbox: which facts a consumer has handled, known in the transaction of the effect.

use kernel::Cx;
use pg::TenantTx;

/// Whether the fact that caused this call is new to its consumer; `false` means its effect stands already.
/// A call that no fact caused is always new.
///
/// # Errors
/// The database's. A parallel delivery of the same fact waits here for the other's commit.
pub async fn first_delivery(tx: &mut TenantTx, cx: &Cx) -> pg::Result<bool> {
    let Some((consumer, fact)) = &cx.cause else {
        return Ok(true);
    };
    let inserted = sqlx::query(
        "insert into inbox (consumer, event_id) values ($1, $2) on conflict do nothing",
    )
    .bind(consumer)
    .bind(fact)
    .execute(&mut **tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}
