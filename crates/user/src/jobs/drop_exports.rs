//! Drops from time to time the exports whose time is over.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{App, ops};

/// Between two looks: nothing is kept longer than this beyond its time.
const EVERY: Duration = Duration::from_secs(600);

/// Drops until `stop`. A look that fails is made up for by the next.
pub(crate) async fn drop_exports(app: &App, stop: &CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match ops::drop_exports(app).await {
            Ok(0) => {}
            Ok(dropped) => tracing::info!(dropped, "exports were dropped"),
            Err(problem) => tracing::warn!(%problem, "exports could not be dropped"),
        }
    }
}
