//! Removes what nobody will use any more.

use std::time::Duration;

use crate::{App, Result, store};

/// How long a staged hash waits for its activation: longer than any fact that activates it may be on its way.
const STAGED: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How long an expired session is still told apart from one that never was.
const EXPIRED: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How long tries at an account or from a source are remembered: longer than counting takes to begin anew.
const TRIED: Duration = Duration::from_secs(2 * 24 * 3_600);
/// How long a source stays known to an account that nobody signs in to from there.
const KNOWN: Duration = Duration::from_secs(90 * 24 * 3_600);
/// How long a letter that expired is still told apart from one that never was.
const LETTERS: Duration = Duration::from_secs(24 * 3_600);
/// How far the clocks of two processes may be apart: a proof that one of them still takes is not forgotten by the other.
const SKEW: Duration = Duration::from_secs(600);
/// How long a ban that ended, and a count of refusals, is remembered: the next ban of the same source may be longer.
const BANS: Duration = Duration::from_secs(30 * 24 * 3_600);

/// How long an API key that ended is still told apart from one that never was.
const KEYS: Duration = Duration::from_secs(90 * 24 * 3_600);

/// How many rows went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Swept {
    pub(crate) credentials: u64,
    pub(crate) sessions: u64,
    /// Tallies, known sources, letters, codes, devices, families of tokens, API keys, challenges, proofs that were used and bans that ended.
    pub(crate) traces: u64,
}

/// Removes staged hashes and expired sessions of 30 days ago, and what is remembered of tries and letters.
pub(crate) async fn sweep_leftovers(app: &App) -> Result<Swept> {
    let now = app.clock.now();
    let mut tx =
        app.db.platform("sweep_leftovers", "leftovers of all people are swept together").await?;
    let swept = Swept {
        credentials: store::delete_staged(&mut tx, now.before(STAGED)).await?,
        sessions: store::delete_expired(&mut tx, now.before(EXPIRED)).await?,
        traces: store::delete_tallies(&mut tx, now.before(TRIED)).await?
            + store::delete_known_sources(&mut tx, now.before(KNOWN)).await?
            + store::delete_letters(&mut tx, now.before(LETTERS)).await?
            + store::delete_token_families(&mut tx, now.before(EXPIRED)).await?
            + store::delete_ended_keys(&mut tx, now.before(KEYS)).await?
            + store::delete_codes(&mut tx, now.before(LETTERS)).await?
            + store::delete_pushed(&mut tx, now.before(SKEW)).await?
            + store::delete_assertions(&mut tx, now.before(SKEW)).await?
            + store::delete_devices(&mut tx, now.before(LETTERS)).await?
            + store::delete_ceremonies(&mut tx, now).await?
            + store::delete_journeys(&mut tx, now).await?
            + store::delete_captcha_uses(&mut tx, now.before(SKEW)).await?
            + store::delete_ended_bans(&mut tx, now.before(BANS)).await?,
    };
    tx.commit().await?;
    Ok(swept)
}
