//! Invitations whose time is over and of which that was not told.

use kernel::{InviteId, TenantId, Timestamp};
use pg::{PlatformTx, TenantTx};

/// Invitations of all tenants whose time is over at `now`, untold, the longest ended first.
pub(crate) async fn list_lapsed(
    tx: &mut PlatformTx,
    now: Timestamp,
    limit: i64,
) -> pg::Result<Vec<(TenantId, InviteId)>> {
    let rows = sqlx::query!(
        r#"select tenant_id as "tenant_id: TenantId", invite_id as "invite_id: InviteId" from invites
           where status = 'pending' and expires_at <= $1 and expiry_told_at is null
           order by expires_at limit $2"#,
        now as _,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id, row.invite_id)).collect())
}

/// Notes that it is told; false where it was before. The invitation is locked by the caller.
pub(crate) async fn mark_expiry_told(
    tx: &mut TenantTx,
    id: InviteId,
    now: Timestamp,
) -> pg::Result<bool> {
    let marked = sqlx::query!(
        "update invites set expiry_told_at = $2
         where tenant_id = usher.current_tenant() and invite_id = $1 and expiry_told_at is null",
        id as _,
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(marked.rows_affected() == 1)
}
