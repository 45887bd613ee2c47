//! Looks after the clients from time to time.

use tokio::time::{MissedTickBehavior, interval};

use crate::{App, ops};

/// Looks until the process stops. A look that fails is made up for by the next.
pub(crate) async fn look_after(app: &App) {
    let mut ticks = interval(app.watch.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while app.stopping.run_until_cancelled(ticks.tick()).await.is_some() {
        match ops::sweep_clients(app).await {
            Ok(swept) if swept == ops::Swept::default() => {}
            Ok(swept) => tracing::info!(
                tokens = swept.tokens,
                late = swept.late,
                escalated = swept.escalated,
                "clients need somebody"
            ),
            Err(problem) => tracing::warn!(%problem, "clients could not be looked after"),
        }
    }
}
