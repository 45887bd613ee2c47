//! Looks for proofs of hosts from time to time.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::{App, ops};

/// Between two looks: a proof is looked for at most this much late.
const EVERY: Duration = Duration::from_secs(60);

/// Looks until `stop`. A look that fails is made up for by the next.
pub(crate) async fn check_domains(app: &App, stop: &CancellationToken) {
    let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        // A look takes as long as slow name servers take.
        let looked = stop.run_until_cancelled(ops::check_domains(app)).await;
        match looked {
            None | Some(Ok(0)) => {}
            Some(Ok(looked)) => tracing::debug!(looked, "proofs of hosts were looked for"),
            Some(Err(problem)) => {
                tracing::warn!(%problem, "proofs of hosts could not be looked for")
            }
        }
    }
}
