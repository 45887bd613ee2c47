//! Rows of `oauth_assertions`.

use kernel::Timestamp;
use pg::{PlatformTx, TenantTx};

/// Keeps an assertion until it expires; false where it was shown before.
pub(crate) async fn insert_assertion(
    tx: &mut TenantTx,
    hash: &[u8],
    expires_at: Timestamp,
) -> pg::Result<bool> {
    let inserted = sqlx::query!(
        "insert into oauth_assertions (assertion_hash, expires_at) values ($1, $2)
         on conflict (tenant_id, assertion_hash) do nothing",
        hash,
        expires_at as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Removes assertions that expired before `before`, of all tenants.
pub(crate) async fn delete_assertions(tx: &mut PlatformTx, before: Timestamp) -> pg::Result<u64> {
    let deleted = sqlx::query!("delete from oauth_assertions where expires_at < $1", before as _)
        .execute(&mut **tx)
        .await?;
    Ok(deleted.rows_affected())
}
