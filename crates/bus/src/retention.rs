//! Daily partitions: made ahead of time, dropped when nobody needs them.

use std::time::Duration;

use pg::Db;

use crate::Result;

/// How many days ahead partitions stand: a relay may be away that long before rows go to the default partition.
const AHEAD: i32 = 7;

/// Makes the partitions of the coming days; answers how many were missing.
///
/// # Errors
/// The database's.
pub async fn prepare(db: &Db) -> Result<u32> {
    let mut tx = db.platform("prepare_partitions", "partitions belong to no tenant").await?;
    let (made,): (i32,) =
        sqlx::query_as("select bus_prepare_partitions($1)").bind(AHEAD).fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok(made.unsigned_abs())
}

/// Drops the outbox and inbox of days that ended `keep` ago or earlier (an hour at least), except what the relay still needs:
/// unpublished rows and parked aggregates. Answers how many partitions went.
///
/// # Errors
/// The database's.
pub async fn retain(db: &Db, keep: Duration) -> Result<u32> {
    let mut tx = db.platform("drop_partitions", "partitions belong to no tenant").await?;
    let (dropped,): (i32,) =
        sqlx::query_as("select bus_drop_partitions(make_interval(secs => $1))")
            .bind(keep.as_secs_f64())
            .fetch_one(&mut *tx)
            .await?;
    tx.commit().await?;
    Ok(dropped.unsigned_abs())
}
