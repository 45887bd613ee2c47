//! Calls the sweep from time to time.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{App, ops};

/// Between two sweeps: a staged hash is gone at most this much after its time.
const EVERY: Duration = Duration::from_secs(300);

/// Sweeps until `stop`. A sweep that fails is made up for by the next.
pub(crate) async fn sweep_leftovers(app: &App, stop: &CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match ops::sweep_leftovers(app).await {
            Ok(swept) => {
                let ops::Swept { credentials, sessions, traces } = swept;
                tracing::debug!(credentials, sessions, traces, "swept")
            }
            Err(problem) => tracing::warn!(%problem, "leftovers could not be swept"),
        }
    }
}
