//! Forgets from time to time sign-ups that came to an end.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{App, ops};

/// Between two sweeps.
const EVERY: Duration = Duration::from_secs(600);

/// Sweeps until `stop`. A sweep that fails is made up for by the next.
pub(crate) async fn sweep_sign_ups(app: &App, stop: &CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match ops::sweep_sign_ups(app).await {
            Ok(swept) => tracing::debug!(swept, "sign-ups swept"),
            Err(problem) => tracing::warn!(%problem, "sign-ups could not be swept"),
        }
    }
}
