//! Where ended runs go: a partitioned history, moved to in batches and dropped month by month.

use std::time::Duration;

use kernel::Timestamp;
use pg::Db;

use crate::store;

/// Runs moved, or keys forgotten, in one transaction.
const BATCH: u32 = 500;

/// Months ahead for which partitions stand: a worker may be away that long before rows go to the default partition.
const AHEAD: i32 = 3;

/// How long ended runs are kept, and where. Runs that are stuck stay where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long an ended run stays among the unfinished ones, by the worker's clock.
    pub stay: Duration,
    /// How long the history is kept, an hour at least; up to a month longer, since it goes month by month. A key stays
    /// taken for exactly this long after its run's end.
    pub keep: Duration,
    /// Between two looks for runs to move.
    pub every: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            stay: Duration::from_secs(600),
            keep: Duration::from_secs(90 * 24 * 3600),
            every: Duration::from_secs(10),
        }
    }
}

/// Moves every run that ended before `before` to the history, with its steps, a batch in a transaction. Any number may
/// do this at once. Answers how many were moved.
///
/// # Errors
/// The database's; the batches before it stay moved.
pub async fn archive(db: &Db, before: Timestamp) -> pg::Result<u64> {
    let mut all = 0;
    loop {
        let mut tx = db.platform("archive_jobs", "runs of any tenant have ended").await?;
        let moved = store::history::move_ended(&mut tx, before, i64::from(BATCH)).await?;
        tx.commit().await?;
        all += moved.unsigned_abs();
        if moved < i64::from(BATCH) {
            return Ok(all);
        }
    }
}

/// Makes the partitions of the coming months, forgets the keys of runs that ended `keep` ago and drops the months that
/// hold no other. Answers how many partitions were dropped.
///
/// # Errors
/// The database's.
pub async fn retain(db: &Db, keep: Duration) -> pg::Result<u32> {
    let mut tx = db.platform("prepare_partitions", "partitions belong to no tenant").await?;
    store::history::prepare_partitions(&mut tx, AHEAD).await?;
    tx.commit().await?;
    loop {
        let mut tx = db.platform("forget_job_keys", "runs of any tenant ended long ago").await?;
        let forgotten =
            store::history::forget_keys(&mut tx, keep.as_secs_f64(), i64::from(BATCH)).await?;
        tx.commit().await?;
        if forgotten < u64::from(BATCH) {
            break;
        }
    }
    let mut tx = db.platform("drop_partitions", "partitions belong to no tenant").await?;
    let dropped = store::history::drop_partitions(&mut tx, keep.as_secs_f64()).await?;
    tx.commit().await?;
    Ok(dropped.unsigned_abs())
}
