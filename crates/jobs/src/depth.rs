//! How much work there is, across tenants.

use std::time::Duration;

use kernel::Timestamp;
use pg::Db;

use crate::store;

/// How much work a service has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Runs that a worker could take now; those of suspended tenants are none.
    pub ready: u64,
    /// Runs that wait for the time of their next attempt, but for those of suspended tenants.
    pub waiting: u64,
    /// Runs that a worker has taken.
    pub running: u64,
    /// Runs that wait for a person.
    pub stuck: u64,
    /// How long the run that is ready the longest has waited for a worker.
    pub oldest_ready: Duration,
}

/// Counts the work that stands at `now` (of the workers' clock).
///
/// # Errors
/// The database's.
pub async fn depth(db: &Db, now: Timestamp) -> pg::Result<Depth> {
    let mut tx =
        db.platform("count_jobs", "the depth of the queue is a figure of the service").await?;
    let (ready, waiting, running, stuck, oldest) = store::status::depth(&mut tx, now).await?;
    tx.commit().await?;
    let [ready, waiting, running, stuck] = [ready, waiting, running, stuck].map(i64::unsigned_abs);
    let oldest_ready = Duration::try_from_secs_f64(oldest).unwrap_or_default();
    Ok(Depth { ready, waiting, running, stuck, oldest_ready })
}

/// Whether nothing is ready or under way at `now`; a run that waits for a later time does not count.
///
/// # Errors
/// The database's.
pub async fn idle(db: &Db, now: Timestamp) -> pg::Result<bool> {
    let depth = depth(db, now).await?;
    Ok(depth.ready == 0 && depth.running == 0)
}
