//! How fast something may happen: token buckets in this process, one per key.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use kernel::Timestamp;

/// More buckets than this are looked through for idle ones.
const MANY: usize = 1024;

/// Nothing is held longer.
const LONGEST_HOLD: Duration = Duration::from_secs(3600);

/// So many at once, then one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    every: Duration,
    burst: u32,
}

impl Rate {
    /// `count` in each `span`, all of them at once where they come together. No count counts as one.
    #[must_use]
    pub fn new(count: u32, span: Duration) -> Self {
        let count = count.max(1);
        Self { every: span / count, burst: count }
    }

    /// How much later than "one at a time" the first of a burst may think it is.
    fn slack(self) -> Duration {
        self.every * (self.burst - 1)
    }
}

/// A bucket that a call draws from. Two calls with the same key share it; the rate is the caller's to keep the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// Whose bucket: `telegram:chat:42`. Never a secret: it stays in memory while the bucket is not full.
    pub key: String,
    /// How fast it fills.
    pub rate: Rate,
}

/// A bucket as the virtual time at which it would be full ("generic cell rate").
#[derive(Debug, Clone, Copy)]
struct Bucket {
    full: Timestamp,
    held: Option<Timestamp>,
}

impl Bucket {
    const fn new(now: Timestamp) -> Self {
        Self { full: now, held: None }
    }

    /// How long nobody may take from it, whatever it holds.
    fn held(&self, now: Timestamp) -> Duration {
        let left = self.held.map_or(Duration::ZERO, |until| until.since(now));
        if left > LONGEST_HOLD { Duration::ZERO } else { left }
    }

    /// When it is full. One that fills later than its rate and anybody's patience allow was left behind by a clock that
    /// was set back.
    fn full(&self, rate: Rate, now: Timestamp) -> Timestamp {
        let is_sane = self.full.since(now) <= rate.slack() + rate.every + LONGEST_HOLD;
        if is_sane { self.full } else { now }
    }

    /// How long until it gives a token.
    fn due(&self, rate: Rate, now: Timestamp) -> Duration {
        let token = self.full(rate, now).since(now).saturating_sub(rate.slack());
        token.max(self.held(now))
    }
}

/// All buckets of a process.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    by_key: Mutex<HashMap<String, Bucket>>,
}

impl Buckets {
    /// Takes one token from each bucket, now or as soon as all have one; answers how long to wait until then.
    ///
    /// # Errors
    /// That time, where it is longer than `patience`; then nothing is taken.
    pub(crate) fn take(
        &self,
        paces: &[Pace],
        now: Timestamp,
        patience: Duration,
    ) -> Result<Duration, Duration> {
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        if by_key.len() > MANY {
            by_key.retain(|_, bucket| bucket.full > now || !bucket.held(now).is_zero());
        }
        let due = |pace: &Pace| by_key.get(&pace.key).map(|bucket| bucket.due(pace.rate, now));
        let wait = paces.iter().filter_map(due).max().unwrap_or_default();
        if wait > patience {
            return Err(wait);
        }
        for pace in paces {
            let bucket = by_key.entry(pace.key.clone()).or_insert(Bucket::new(now));
            let begin = bucket.full(pace.rate, now).max(now.after(wait));
            bucket.full = begin.after(pace.rate.every);
        }
        Ok(wait)
    }

    /// Lets nobody take from the bucket for a while: the other side said so.
    pub(crate) fn hold(&self, key: &str, now: Timestamp, pause: Duration) {
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = by_key.entry(key.to_owned()).or_insert(Bucket::new(now));
        let until = now.after(pause.min(LONGEST_HOLD));
        bucket.held = Some(bucket.held.map_or(until, |held| held.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pace(key: &str, count: u32) -> Pace {
        Pace { key: key.into(), rate: Rate::new(count, SECOND) }
    }

    fn now() -> Timestamp {
        jiff::Timestamp::from_second(1_800_000_000).expect("in range").into()
    }

    #[test]
    fn a_burst_goes_through_and_the_rest_waits_its_turn() {
        let buckets = Buckets::default();
        let (now, paces) = (now(), [pace("bot", 4)]);
        let waits: Vec<_> = (0..8)
            .map(|_| buckets.take(&paces, now, SECOND * 60).expect("patient").as_millis())
            .collect();
        assert_eq!(waits, [0, 0, 0, 0, 250, 500, 750, 1000]);
        let later = now.after(SECOND * 2);
        assert_eq!(buckets.take(&paces, later, SECOND), Ok(Duration::ZERO), "it fills again");
    }

    #[test]
    fn who_has_no_patience_takes_nothing() {
        let buckets = Buckets::default();
        let (now, both) = (now(), [pace("bot", 30), pace("chat", 1)]);
        assert_eq!(buckets.take(&both, now, Duration::ZERO), Ok(Duration::ZERO));
        for _ in 0..100 {
            assert_eq!(buckets.take(&both, now, SECOND / 2), Err(SECOND));
        }
        let others: Vec<_> =
            (0..29).map(|_| buckets.take(&both[..1], now, Duration::ZERO)).collect();
        assert!(others.iter().all(Result::is_ok), "the refused took none of the bot's");
    }

    #[test]
    fn a_held_bucket_gives_nothing_until_its_time() {
        let buckets = Buckets::default();
        let (now, paces) = (now(), [pace("chat", 1)]);
        buckets.hold("chat", now, SECOND * 20);
        buckets.hold("chat", now, SECOND * 5);
        assert_eq!(buckets.take(&paces, now, SECOND), Err(SECOND * 20));
        assert_eq!(buckets.take(&paces, now.after(SECOND * 20), SECOND), Ok(Duration::ZERO));
    }

    #[test]
    fn a_clock_that_was_set_back_blocks_nothing() {
        let buckets = Buckets::default();
        let (now, paces) = (now(), [pace("chat", 1)]);
        let ahead = now.after(SECOND * 86_400);
        buckets.take(&paces, ahead, SECOND).expect("free");
        assert_eq!(buckets.take(&paces, now, Duration::ZERO), Ok(Duration::ZERO));
        assert_eq!(buckets.take(&paces, now, SECOND), Ok(SECOND), "and paces again");
    }

    #[test]
    fn idle_buckets_are_forgotten() {
        let buckets = Buckets::default();
        for number in 0..=MANY {
            buckets.take(&[pace(&number.to_string(), 1)], now(), SECOND).expect("free");
        }
        buckets.take(&[pace("late", 1)], now().after(SECOND * 9), SECOND).expect("free");
        assert_eq!(buckets.by_key.lock().expect("whole").len(), 1);
    }
}
