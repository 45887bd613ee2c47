//! Tells from time to time of invitations that ended.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{App, ops};

/// Between two looks: an end is told at most this much after it.
const EVERY: Duration = Duration::from_secs(60);

/// Tells until `stop`. A look that fails is made up for by the next.
pub(crate) async fn tell_expired(app: &App, stop: &CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match ops::tell_expired(app).await {
            Ok(0) => {}
            Ok(told) => tracing::info!(told, "invitations ended"),
            Err(problem) => tracing::warn!(%problem, "ended invitations could not be told of"),
        }
    }
}
