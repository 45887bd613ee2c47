//! Ends trials and days of grace from time to time.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::{App, ops};

/// Between two looks: a term ends at most this much late.
const EVERY: Duration = Duration::from_secs(60);

/// Looks until `stop`. A look that fails is made up for by the next.
pub(crate) async fn end_terms(app: &App, stop: &CancellationToken) {
    let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match ops::end_terms(app).await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(ended, "terms of tenants are over"),
            Err(problem) => tracing::warn!(%problem, "terms of tenants could not be ended"),
        }
    }
}
