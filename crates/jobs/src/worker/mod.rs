//! The worker: takes ready runs, makes attempts, keeps its leases, takes up what others lost.

mod archive;
mod attempt;
mod by_hand;
mod change;
mod claim;
mod count;
mod ended;
mod engine;
mod keep;
mod pace;
mod schedule;
mod settle;
mod tenure;
mod wait;
mod wake;

use std::sync::Arc;

use kernel::Clock;
use pg::Db;
use tokio_util::sync::CancellationToken;

use crate::{Retention, Workflow};
pub use by_hand::ByHand;
use engine::Engine;
pub use pace::{Limits, Pace};

/// Works on the runs of one service; any number may run side by side, in any number of processes.
#[derive(Debug)]
pub struct Worker {
    engine: Engine,
    retention: Retention,
}

impl Worker {
    /// A worker for these workflows. Several versions of one workflow may stand beside each other.
    #[must_use]
    pub fn new(db: Db, clock: Clock, workflows: Vec<Arc<dyn Workflow>>, limits: Limits) -> Self {
        Self { engine: Engine::new(db, clock, workflows, limits), retention: Retention::default() }
    }

    /// Replaces how long ended runs are kept.
    #[must_use]
    pub const fn with_retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// Replaces the tempo of leases, sweeps and polls.
    #[must_use]
    pub fn with_pace(mut self, pace: Pace) -> Self {
        self.engine.pace = pace;
        self
    }

    /// The same worker, moving only when told.
    #[must_use]
    pub fn by_hand(self) -> ByHand {
        ByHand::new(self.engine)
    }

    /// Works until `stop`, then takes nothing new and lets the attempts under way end, each within its timeout.
    ///
    /// A database that is away is waited for. A dropped future stops everything at once; what was under way is
    /// taken up when its lease has run out.
    pub async fn run(self, stop: CancellationToken) {
        let engine = Arc::new(self.engine);
        let drained = CancellationToken::new();
        let word = wake::Word::default();
        tokio::join!(
            async {
                claim::take_and_attempt(&engine, &word, &stop).await;
                drained.cancel();
            },
            keep::renew(&engine, &drained),
            keep::sweep(&engine, &stop),
            wake::exchange(&engine, &word, &stop),
            schedule::fire(&engine, &stop),
            archive::look_after(&engine, self.retention, &stop),
        );
    }
}
