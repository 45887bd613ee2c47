//! How often remote hosts are called, over all workers and processes of a service.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use pg::Db;
use tokio::sync::Mutex;

use crate::{StepError, store};

/// How long permits that a process has taken may be used; what is left of them then is lost, never used late.
const HOLD: Duration = Duration::from_secs(1);

/// How often a process asks for permits at most, while there are any: four times a second.
const SHARE: f64 = 0.25;

/// How often a host may be called.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HostRate {
    /// Calls a second in the long run, more than 0.
    pub per_second: f64,
    /// Most calls at once after a pause, at least 1.
    pub burst: f64,
}

/// Permits to call remote hosts; a service makes one and gives it to its steps. All processes of the service share the
/// permits through the database.
///
/// In any span of time a host is called at most `burst + per_second * (span + 1 s)` times, counted where permits are
/// given out; a host without a rate is not limited.
#[derive(Debug, Clone)]
pub struct Hosts(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Db,
    hosts: BTreeMap<String, (HostRate, Mutex<Held>)>,
}

/// What this process holds of a host.
#[derive(Debug, Default)]
struct Held {
    permits: u32,
    until: Option<Instant>,
    /// No permit is to be had before.
    dry_until: Option<Instant>,
    /// The turn given to the last step that was put off: each gets one of its own, so that they do not come back together.
    last_turn: Option<Instant>,
    /// The bucket is known to stand.
    known: bool,
}

impl Hosts {
    /// Limits these hosts.
    #[must_use]
    pub fn new(db: Db, rates: impl IntoIterator<Item = (String, HostRate)>) -> Self {
        let hosts =
            rates.into_iter().map(|(host, rate)| (host, (rate, Mutex::default()))).collect();
        Self(Arc::new(Inner { db, hosts }))
    }

    /// A permit for one call to `host`, to be used at once. Ask before anything was done: the attempt is repeated.
    ///
    /// # Errors
    /// [`StepError::put_off`] where there is none now: the step comes again when one should be there, and the attempt
    /// does not count. A transient failure where the database is away.
    pub async fn permit(&self, host: &str) -> Result<(), StepError> {
        let Some((rate, held)) = self.0.hosts.get(host) else {
            return Ok(());
        };
        let mut held = held.lock().await;
        let now = Instant::now();
        if held.take(now) {
            return Ok(());
        }
        if held.dry_until.is_none_or(|dry| dry <= now) {
            self.refill(host, *rate, &mut held)
                .await
                .map_err(|failure| StepError::from(failure).without_effect())?;
            if held.take(Instant::now()) {
                return Ok(());
            }
        }
        metrics::counter!("usher_job_host_put_off_total", "host" => host.to_owned()).increment(1);
        Err(StepError::put_off(host, held.next_turn(*rate, Instant::now())))
    }

    async fn refill(&self, host: &str, rate: HostRate, held: &mut Held) -> pg::Result<()> {
        let most = (rate.per_second * SHARE).ceil().clamp(1.0, rate.burst.max(1.0));
        let mut tx = self.0.db.platform("take_permits", "a host is asked for all tenants").await?;
        if !held.known {
            store::host::ensure(&mut tx, host, rate.burst).await?;
        }
        let bucket = (rate.per_second, rate.burst);
        let taken = store::host::take(&mut tx, host, bucket, most).await?;
        tx.commit().await?;
        let now = Instant::now();
        // A bucket that somebody removed is made again by the next call.
        held.known = taken.is_some();
        let (permits, rest) = taken.unwrap_or_default();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small whole number"
        )]
        {
            held.permits = permits as u32;
        }
        held.until = Some(now + HOLD);
        held.dry_until = (permits < 1.0).then(|| now + seconds((1.0 - rest) / rate.per_second));
        Ok(())
    }
}

impl Held {
    fn take(&mut self, now: Instant) -> bool {
        let any = self.permits > 0 && self.until.is_some_and(|until| now < until);
        if any {
            self.permits -= 1;
        }
        any
    }

    /// How long until the turn of a step that is put off now.
    fn next_turn(&mut self, rate: HostRate, now: Instant) -> Duration {
        let first = self.dry_until.map_or(now, |dry| dry.max(now));
        let turn =
            self.last_turn.map_or(first, |last| first.max(last + seconds(1.0 / rate.per_second)));
        self.last_turn = Some(turn);
        turn.saturating_duration_since(now)
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(3600))
}
