//! The life of a relay: leases, rounds, and what wakes it.

use std::time::{Duration, Instant};

use async_nats::Subscriber;
use futures::StreamExt;
use pg::Db;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::round::Rounds;
use crate::{
    Nats, Result,
    lease::{BEAT, Leases},
    pace::Backoff,
    retention,
};

const LANES: i16 = 16;
/// How often the stream's identity is verified without cause.
const VERIFY: Duration = Duration::from_secs(5);
const MEASURE: Duration = Duration::from_secs(10);
const PARKED: Duration = Duration::from_millis(500);
const PARTITIONS: Duration = Duration::from_secs(3_600);
/// Wakes other relays at most once in this time.
const PING: Duration = Duration::from_millis(10);
/// How long rows are kept unless told otherwise; the stream keeps its messages as long.
const KEEP: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Publishes what one service's transactions have told. Any number may run; they share the lanes.
#[derive(Debug)]
pub struct Relay {
    db: Db,
    nats: Nats,
    keep: Duration,
}

/// Something to do again and again.
#[derive(Debug)]
struct Every {
    period: Duration,
    due: Instant,
}

impl Every {
    fn new(period: Duration) -> Self {
        Self { period, due: Instant::now() }
    }

    /// Whether it is time; if so, the next time is set.
    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let due = now >= self.due;
        if due {
            self.due = now + self.period;
        }
        due
    }
}

impl Relay {
    /// A relay for the outbox of the service that `db` belongs to.
    #[must_use]
    pub const fn new(db: Db, nats: Nats) -> Self {
        Self { db, nats, keep: KEEP }
    }

    /// Keeps published rows for `keep` instead of seven days.
    #[must_use]
    pub const fn keep(mut self, keep: Duration) -> Self {
        self.keep = keep;
        self
    }

    /// Publishes until `stop`; waits for a database or a NATS server that is away, however long.
    ///
    /// # Errors
    /// None that passes.
    pub async fn run(self, stop: CancellationToken) -> Result<()> {
        let names = (0..LANES).map(|lane| lane.to_string()).collect();
        let mut leases = Leases::new(self.db.clone(), "lane", names);
        let mut rounds = Rounds::new(self.db.clone(), self.nats.clone());
        let mut waking = Waking::new(&self).await;
        let mut trouble = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
        let mut chores = Chores::new();
        while !stop.is_cancelled() {
            let worked = self.turn(&mut leases, &mut rounds, &mut chores).await;
            let wait = match worked {
                Ok(0) => None,
                Ok(_) => {
                    trouble.reset();
                    waking.pace.reset();
                    continue;
                }
                Err(problem) => {
                    tracing::debug!(service = self.db.service(), %problem, "the relay waits");
                    chores.recover = true;
                    Some(trouble.next())
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = async { match wait {
                    Some(wait) => sleep(wait).await,
                    None => waking.wait(leases.members()).await,
                } } => {}
            }
        }
        if let Err(problem) = leases.leave().await {
            tracing::debug!(%problem, "the relay's leases run out by themselves");
        }
        Ok(())
    }

    /// Chores that are due, then one round; answers how many rows moved.
    async fn turn(
        &self,
        leases: &mut Leases,
        rounds: &mut Rounds,
        chores: &mut Chores,
    ) -> Result<u64> {
        if chores.beat.is_due() || !leases.trusted() {
            let change = leases.beat().await?;
            let gone = [change.lost, change.surplus.clone()].concat();
            if !change.surplus.is_empty() {
                leases.release(&change.surplus).await?;
            }
            chores.gained.retain(|lane| !gone.contains(lane));
            chores
                .gained
                .extend(change.gained.into_iter().filter(|lane| !change.surplus.contains(lane)));
            rounds.change(&[], &gone).await?;
        }
        if !chores.gained.is_empty() {
            rounds.change(&chores.gained, &[]).await?;
            chores.gained.clear();
        }
        if chores.recover {
            rounds.recover().await?;
            chores.recover = false;
        }
        if chores.partitions.is_due() {
            self.look_after_partitions().await;
        }
        if chores.measure.is_due()
            && let Err(problem) = rounds.measure().await
        {
            tracing::debug!(%problem, "the outbox is not measured");
        }
        if rounds.lanes().is_empty() || !self.nats.is_connected() {
            return Ok(0);
        }
        if chores.verify.is_due() {
            rounds.verify().await?;
        }
        let mut moved = rounds.round(leases).await? as u64;
        if chores.parked.is_due() {
            moved += rounds.retry_parked(leases).await?;
        }
        Ok(moved)
    }

    async fn look_after_partitions(&self) {
        let kept = async {
            retention::prepare(&self.db).await?;
            retention::retain(&self.db, self.keep).await
        };
        if let Err(problem) = kept.await {
            tracing::warn!(service = self.db.service(), %problem, "partitions are not looked after");
        }
    }
}

/// What a relay does beside its rounds.
#[derive(Debug)]
struct Chores {
    beat: Every,
    verify: Every,
    measure: Every,
    parked: Every,
    partitions: Every,
    /// Lanes leased whose cursors are not loaded yet.
    gained: Vec<String>,
    /// What is in memory may be wrong.
    recover: bool,
}

impl Chores {
    fn new() -> Self {
        Self {
            beat: Every::new(BEAT),
            verify: Every::new(VERIFY),
            measure: Every::new(MEASURE),
            parked: Every::new(PARKED),
            partitions: Every::new(PARTITIONS),
            gained: Vec::new(),
            recover: false,
        }
    }
}

/// What wakes an idle relay: a commit of this process, a word from another, or time.
struct Waking {
    db: Db,
    nats: Nats,
    subject: String,
    heard: Option<Subscriber>,
    pinged: Instant,
    pace: Backoff,
}

impl Waking {
    async fn new(relay: &Relay) -> Self {
        let subject = format!("usher-wake.usher_{}", relay.db.service());
        let heard = relay.nats.client().subscribe(subject.clone()).await.ok();
        Self {
            db: relay.db.clone(),
            nats: relay.nats.clone(),
            subject,
            heard,
            pinged: Instant::now(),
            // Never only a signal: one that got lost costs a second, not the fact.
            pace: Backoff::new(Duration::from_millis(25), Duration::from_secs(1)),
        }
    }

    /// Waits for a reason to look again. `members` relays share the lanes: with others about, a commit of this
    /// process is passed on to them.
    async fn wait(&mut self, members: usize) {
        let pause = self.pace.next();
        tokio::select! {
            () = self.db.outbox_signal().heard() => {
                self.pace.reset();
                if members > 1 && self.pinged.elapsed() >= PING && self.nats.is_connected() {
                    self.pinged = Instant::now();
                    if let Err(problem) = self.nats.client().publish(self.subject.clone(), "".into()).await {
                        tracing::debug!(%problem, "other relays wake by themselves");
                    }
                }
            }
            () = next_ping(&mut self.heard) => self.pace.reset(),
            () = sleep(pause) => {}
        }
    }
}

async fn next_ping(heard: &mut Option<Subscriber>) {
    if let Some(subscriber) = heard
        && subscriber.next().await.is_some()
    {
        return;
    }
    // A subscription that ended says nothing any more.
    *heard = None;
    std::future::pending().await
}
