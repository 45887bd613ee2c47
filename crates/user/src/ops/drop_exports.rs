//! Drops exports whose time is over.

use crate::{App, Result, domain::KEPT, store};

/// How many were dropped. What was gathered goes with its export; failed ones stay as long as ready ones.
pub(crate) async fn drop_exports(app: &App) -> Result<u64> {
    let now = app.clock.now();
    let mut tx = app.db.platform("drop_exports", "exports belong to no tenant").await?;
    let dropped = store::delete_old_exports(&mut tx, now, now.before(KEPT)).await?;
    tx.commit().await?;
    Ok(dropped)
}
