//! Rows of `signing_keys`; their transactions are bound to the platform's own tenant.

use kernel::Timestamp;
use pg::TenantTx;
use uuid::Uuid;
use vault::Sealed;
use wire::tokens::Algorithm;

/// A key as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct KeptKey {
    pub(crate) key_id: Uuid,
    pub(crate) algorithm: Algorithm,
    pub(crate) private_key: Sealed,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) created_at: Timestamp,
    pub(crate) signs_from: Timestamp,
}

/// Makes changes to the keys wait for each other; there may be no row to lock yet.
pub(crate) async fn lock_signing_keys(tx: &mut TenantTx) -> pg::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('signing keys', 0))")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// By what a set of keys is told from another one, without a look at them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeysMark {
    pub(crate) newest: Option<Timestamp>,
    pub(crate) count: i64,
}

/// The mark of the keys that there are.
pub(crate) async fn signing_keys_mark(tx: &mut TenantTx) -> pg::Result<KeysMark> {
    let mark = sqlx::query_as!(
        KeysMark,
        r#"select max(created_at) as "newest: _", count(*) as "count!"
           from signing_keys where tenant_id = usher.current_tenant()"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(mark)
}

/// All keys, the one that signs first before the others.
pub(crate) async fn signing_keys(tx: &mut TenantTx) -> pg::Result<Vec<KeptKey>> {
    let rows = sqlx::query_as!(
        KeptKey,
        r#"select key_id, algorithm as "algorithm: _", private_key as "private_key: _", x, y,
                  created_at as "created_at: _", signs_from as "signs_from: _"
           from signing_keys where tenant_id = usher.current_tenant() order by signs_from, key_id"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

pub(crate) async fn insert_signing_key(tx: &mut TenantTx, key: &KeptKey) -> pg::Result<()> {
    sqlx::query!(
        "insert into signing_keys (key_id, algorithm, private_key, x, y, created_at, signs_from)
         values ($1, $2, $3, $4, $5, $6, $7)",
        key.key_id,
        key.algorithm.as_str(),
        key.private_key as _,
        key.x,
        key.y,
        key.created_at as _,
        key.signs_from as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes the keys of these ids.
pub(crate) async fn delete_signing_keys(tx: &mut TenantTx, ids: &[Uuid]) -> pg::Result<u64> {
    let deleted = sqlx::query!(
        "delete from signing_keys where tenant_id = usher.current_tenant() and key_id = any($1)",
        ids
    )
    .execute(&mut **tx)
    .await?;
    Ok(deleted.rows_affected())
}
