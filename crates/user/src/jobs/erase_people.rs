//! Erases from time to time the people whose time has come.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{App, ops};

/// Between two looks: an erasure begins at most this much after its time.
const EVERY: Duration = Duration::from_secs(300);

/// Erases until `stop`. What fails is made up for by the next look.
pub(crate) async fn erase_people(app: &App, stop: &CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match ops::erase_people(app).await {
            Ok(0) => {}
            Ok(erased) => tracing::info!(erased, "people were erased"),
            Err(problem) => tracing::warn!(%problem, "people could not be erased"),
        }
    }
}
