//! Words between workers of several processes: whoever has more work than places tells the others.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use pg::Signal;
use tokio::time::{sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::engine::Engine;

/// Words of one worker at most: one in this time.
const PING: Duration = Duration::from_millis(10);

/// Between two signs of life. They also show that our own connection still hears.
const BEAT: Duration = Duration::from_secs(5);

/// Without a sign for this long a peer is gone, or we are deaf.
const SILENCE: Duration = Duration::from_secs(15);

/// What passes between the loop that claims and the one that talks.
#[derive(Debug, Default)]
pub(super) struct Word {
    /// There is, or may be, more work than this worker has places for.
    pub(super) surplus: Signal,
    /// Another worker says so.
    pub(super) heard: Signal,
}

/// Talks and listens until `stop`; without a connection, polling finds the work.
pub(super) async fn exchange(engine: &Engine, word: &Word, stop: &CancellationToken) {
    loop {
        let broken = tokio::select! {
            () = stop.cancelled() => return,
            broken = talk(engine, word) => broken,
        };
        if let Err(failure) = broken {
            tracing::debug!(error = %failure, "workers of other processes are not heard");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(engine.pace.poll_max.min(Duration::from_secs(1))) => {}
        }
    }
}

/// One connection's talk: until it breaks, or our own words do not come back.
async fn talk(engine: &Engine, word: &Word) -> pg::Result<()> {
    let (channel, us) = (format!("usher_jobs_{}", engine.db.service()), engine.id.to_string());
    let mut notices = engine.db.listen(&channel).await?;
    // What was said while we did not listen.
    word.heard.ring();
    let mut peers: HashMap<String, Instant> = HashMap::new();
    let (mut beat, mut heard_us) = (tokio::time::Instant::now(), Instant::now());
    // A surplus that nobody was there to hear of.
    let mut owed = false;
    loop {
        tokio::select! {
            notice = notices.next() => {
                let notice = notice?;
                let Some((verb, who)) = notice.split_once(' ') else { continue };
                if who == us {
                    heard_us = Instant::now();
                    continue;
                }
                let known = peers.insert(who.to_owned(), Instant::now()).is_some();
                if verb == "work" {
                    word.heard.ring();
                }
                if !known {
                    engine.db.notify(&channel, &format!("here {us}")).await?;
                }
            }
            () = word.surplus.heard() => owed = true,
            () = sleep_until(beat) => {
                engine.db.notify(&channel, &format!("here {us}")).await?;
                beat = tokio::time::Instant::now() + BEAT;
                peers.retain(|_, seen| seen.elapsed() < SILENCE);
                if heard_us.elapsed() > SILENCE {
                    return Ok(());
                }
            }
        }
        if owed && !peers.is_empty() {
            engine.db.notify(&channel, &format!("work {us}")).await?;
            owed = false;
            sleep(PING).await;
        }
    }
}
