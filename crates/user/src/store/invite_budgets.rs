//! Rows of `invite_budgets`.

use kernel::Timestamp;
use pg::TenantTx;

use crate::domain::InviteBudget;

/// Counts one more invitation; what is known then. Whoever invites at the same moment waits here, so call it last.
pub(crate) async fn count_invite(tx: &mut TenantTx, now: Timestamp) -> pg::Result<InviteBudget> {
    let row = sqlx::query_as!(
        InviteBudget,
        r#"insert into invite_budgets as b (first_at, day, today)
           values ($1, ($1::timestamptz at time zone 'UTC')::date, 1)
           on conflict on constraint invite_budgets_pkey do update
           set sent = b.sent + case when b.day < excluded.day then b.today else 0 end,
               today = case when b.day < excluded.day then 1 else b.today + 1 end,
               day = greatest(b.day, excluded.day)
           returning first_at as "first_at: _", today, sent, accepted"#,
        now as _,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}

/// Counts that somebody accepted.
pub(crate) async fn count_acceptance(tx: &mut TenantTx) -> pg::Result<()> {
    sqlx::query!(
        "update invite_budgets set accepted = accepted + 1 where tenant_id = usher.current_tenant()",
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
