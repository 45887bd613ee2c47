//! The rows of `data_keys`. Each service has this table in its own schema, so the queries are checked by tests, not at
//! compile time.

use kernel::TenantId;
use pg::{PlatformTx, TenantTx};

use crate::Result;

/// A live data key as stored.
#[derive(Clone, PartialEq, Eq, Hash, sqlx::FromRow)]
pub(crate) struct DataKeyRow {
    #[sqlx(rename = "tenant_id")]
    pub(crate) tenant: TenantId,
    pub(crate) generation: i32,
    pub(crate) wrapped: Vec<u8>,
    pub(crate) master_id: String,
}

/// A generation as stored: without a wrapped key and its master once it was shredded.
type Generation = (TenantId, i32, Option<Vec<u8>>, Option<String>);

pub(crate) async fn tenant(tx: &mut TenantTx) -> Result<TenantId> {
    Ok(sqlx::query_scalar("select usher.current_tenant()").fetch_one(&mut **tx).await?)
}

/// The tenant's highest generation, and the data key that seals from now on: none before the first secret and after
/// a shredding. One statement reads both, so that two transactions never choose different numbers for one need.
///
/// The key stays alive until this transaction ends: whoever retires it waits, and then finds what was sealed with it.
pub(crate) async fn hold_newest(tx: &mut TenantTx) -> Result<(i32, Option<DataKeyRow>)> {
    let highest: Option<Generation> = sqlx::query_as(
        "select tenant_id, generation, wrapped, master_id from data_keys
         where tenant_id = usher.current_tenant() order by generation desc limit 1 for share",
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(match highest {
        Some((tenant, generation, Some(wrapped), Some(master_id))) => {
            (generation, Some(DataKeyRow { tenant, generation, wrapped, master_id }))
        }
        Some((_, generation, ..)) => (generation, None),
        None => (0, None),
    })
}

/// Adds a data key; false where another transaction added that generation first (waits for its end).
pub(crate) async fn insert(tx: &mut TenantTx, row: &DataKeyRow) -> Result<bool> {
    let inserted = sqlx::query(
        "insert into data_keys (tenant_id, generation, wrapped, master_id) values ($1, $2, $3, $4)
         on conflict do nothing",
    )
    .bind(row.tenant)
    .bind(row.generation)
    .bind(&row.wrapped)
    .bind(&row.master_id)
    .execute(&mut **tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The live data keys wrapped by another master key than `master`.
pub(crate) async fn stale(tx: &mut TenantTx, master: &str) -> Result<Vec<DataKeyRow>> {
    Ok(sqlx::query_as(
        "select tenant_id, generation, wrapped, master_id from data_keys
         where tenant_id = usher.current_tenant() and shredded_at is null and master_id <> $1
         order by generation",
    )
    .bind(master)
    .fetch_all(&mut **tx)
    .await?)
}

/// Puts another wrapping in the place of the one that was read; false where it is no longer the same.
pub(crate) async fn replace_wrapping(
    tx: &mut TenantTx,
    read: &DataKeyRow,
    new: &DataKeyRow,
) -> Result<bool> {
    let replaced = sqlx::query(
        "update data_keys set wrapped = $3, master_id = $4
         where tenant_id = $1 and generation = $2 and wrapped = $5 and master_id = $6",
    )
    .bind(read.tenant)
    .bind(read.generation)
    .bind(&new.wrapped)
    .bind(&new.master_id)
    .bind(&read.wrapped)
    .bind(&read.master_id)
    .execute(&mut **tx)
    .await?;
    Ok(replaced.rows_affected() == 1)
}

/// The newest live generation, and how many live ones there are.
pub(crate) async fn live(tx: &mut TenantTx) -> Result<(Option<i32>, i64)> {
    Ok(sqlx::query_as(
        "select max(generation), count(*) from data_keys
         where tenant_id = usher.current_tenant() and shredded_at is null",
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Locks the live generations before `target`, after every transaction that seals with one of them has ended.
pub(crate) async fn lock_before(tx: &mut TenantTx, target: i32) -> Result<()> {
    sqlx::query(
        "select from data_keys
         where tenant_id = usher.current_tenant() and generation < $1 and shredded_at is null
         order by generation for update",
    )
    .bind(target)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Empties the tenant's data keys before `target` (all of them unless given) and answers how many were alive.
pub(crate) async fn shred(tx: &mut TenantTx, target: Option<i32>) -> Result<u64> {
    let shredded = sqlx::query(
        "update data_keys set wrapped = null, master_id = null, shredded_at = now()
         where tenant_id = usher.current_tenant() and shredded_at is null
           and ($1::integer is null or generation < $1)",
    )
    .bind(target)
    .execute(&mut **tx)
    .await?;
    Ok(shredded.rows_affected())
}

/// Tenants after `after` that have a data key wrapped by another master key than `master`.
pub(crate) async fn list_stale(
    tx: &mut PlatformTx,
    master: &str,
    after: Option<TenantId>,
    limit: i64,
) -> Result<Vec<TenantId>> {
    Ok(sqlx::query_scalar(
        "select distinct tenant_id from data_keys
         where shredded_at is null and master_id <> $1 and ($2::uuid is null or tenant_id > $2)
         order by tenant_id limit $3",
    )
    .bind(master)
    .bind(after)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await?)
}

/// One live data key of each master key.
pub(crate) async fn sample_of_each_master(tx: &mut PlatformTx) -> Result<Vec<DataKeyRow>> {
    Ok(sqlx::query_as(
        "select distinct on (master_id) tenant_id, generation, wrapped, master_id from data_keys
         where shredded_at is null order by master_id, created_at desc",
    )
    .fetch_all(&mut **tx)
    .await?)
}
