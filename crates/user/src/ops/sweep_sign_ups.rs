//! Forgets sign-ups that came to an end.

use std::time::Duration;

use crate::{App, Result, store};

/// How long a sign-up that ended is still told apart from one that never was, and a tally is kept.
const KEPT: Duration = Duration::from_secs(2 * 3_600);

/// Removes sign-ups and tallies that are over; how many.
pub(crate) async fn sweep_sign_ups(app: &App) -> Result<u64> {
    let reason = "sign-ups of all tenants are swept together";
    let mut tx = app.db.platform("sweep_sign_ups", reason).await?;
    let swept = store::delete_sign_ups(&mut tx, app.clock.now().before(KEPT)).await?;
    tx.commit().await?;
    Ok(swept)
}
