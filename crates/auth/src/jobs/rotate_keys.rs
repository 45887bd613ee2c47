//! Looks from time to time whether the next signing key is due, and lets go of those that nothing needs.

use std::time::Duration;

use kernel::Cx;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{App, Result, ops};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(60);

/// Looks until `stop`. A look that fails is made up for by the next.
pub(crate) async fn rotate_keys(app: &App, stop: &CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(problem) = look(app).await {
            tracing::warn!(%problem, "the signing keys could not be looked after");
        }
    }
}

async fn look(app: &App) -> Result<()> {
    if ops::list_signing_keys(app).await?.is_empty() {
        // Whoever needs the first key makes it.
        return Ok(());
    }
    let cx = Cx::of_service(crate::NAME, None, &app.clock);
    let made = ops::make_due_key(app, &cx).await?;
    if made || ops::drop_retired_keys(app).await? > 0 {
        app.signer.forget().await;
    }
    Ok(())
}
