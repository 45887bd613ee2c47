//! Removes what nobody will use any more.

use std::time::Duration;

use kernel::Timestamp;

use crate::{App, Result, store};

/// How long a staged hash waits for its activation: longer than any fact that activates it may be on its way.
const STAGED: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How long an expired session is still told apart from one that never was.
const EXPIRED: Duration = Duration::from_secs(30 * 24 * 3_600);

/// How many rows went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Swept {
    pub(crate) credentials: u64,
    pub(crate) sessions: u64,
}

/// Removes staged hashes and expired sessions of 30 days ago.
pub(crate) async fn sweep_leftovers(app: &App) -> Result<Swept> {
    let now = app.clock.now();
    let mut tx =
        app.db.platform("sweep_leftovers", "leftovers of all people are swept together").await?;
    let swept = Swept {
        credentials: store::delete_staged(&mut tx, before(now, STAGED)).await?,
        sessions: store::delete_expired(&mut tx, before(now, EXPIRED)).await?,
    };
    tx.commit().await?;
    Ok(swept)
}

/// `now` moved back; stays at the beginning of time instead of overflowing.
fn before(now: Timestamp, span: Duration) -> Timestamp {
    now.jiff().saturating_sub(span).unwrap_or(jiff::Timestamp::MIN).into()
}
