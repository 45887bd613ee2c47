//! Keeping the tables of unfinished work small: ended runs move to the history, and old history goes.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::{engine::Engine, pace::jittered};
use crate::history::{self, Retention};

/// Between two looks for partitions to make or drop.
const PARTITIONS: Duration = Duration::from_secs(3600);

/// Moves and retains until `stop`.
pub(super) async fn look_after(engine: &Engine, retention: Retention, stop: &CancellationToken) {
    let mut retained: Option<Instant> = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(jittered(retention.every)) => {}
        }
        if retained.is_none_or(|at| at.elapsed() >= PARTITIONS) {
            match history::retain(&engine.db, retention.keep).await {
                Ok(_) => retained = Some(Instant::now()),
                Err(failure) => {
                    tracing::warn!(error = %failure, "the history of jobs is not looked after")
                }
            }
        }
        match history::archive(&engine.db, engine.clock.now().before(retention.stay)).await {
            Ok(0) => {}
            Ok(moved) => {
                metrics::counter!("usher_jobs_archived_total", "service" => engine.db.service())
                    .increment(moved)
            }
            Err(failure) => tracing::warn!(error = %failure, "ended jobs are not moved"),
        }
    }
}
