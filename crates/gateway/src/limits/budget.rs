//! The budget that all gateways share: one instant per account in NATS, moved on by shares of many requests.

use std::{
    fmt::Write,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bus::{Bucket, Keeping, Nats};
use bytes::Bytes;
use tokio::time::Instant;

use super::{
    ledger::{Key, Of, What},
    rate::{Nanos, Rate},
};

/// How long an answer is waited for; a caller waits no longer than this for being counted everywhere.
const PATIENCE: Duration = Duration::from_millis(250);
/// After a failure the gateways count for themselves for so long.
const AWAY: Duration = Duration::from_secs(1);
/// Tries to be the next to change an account that others change too.
const TRIES: u32 = 16;
/// No account is ahead of the clock for longer.
const KEPT: Duration = Duration::from_secs(120);

/// The way to the common budget.
#[derive(Debug)]
pub(super) struct Budget {
    bucket: Bucket,
    away: Mutex<Option<Instant>>,
    #[cfg(test)]
    asked: std::sync::atomic::AtomicUsize,
}

impl Budget {
    pub(super) fn new(nats: &Nats) -> Self {
        let bucket = nats.bucket("limits", Keeping::Brief(KEPT));
        Self {
            bucket,
            away: Mutex::default(),
            #[cfg(test)]
            asked: Default::default(),
        }
    }

    /// Whether it is worth asking.
    pub(super) fn is_there(&self) -> bool {
        let away = *self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.is_none_or(|until| Instant::now() >= until)
    }

    /// Whether the last question found nobody.
    pub(super) fn is_away(&self) -> bool {
        self.away.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Takes up to `wanted` requests; the account's arrival after that and how many there were. `None` while nobody
    /// answers.
    pub(super) async fn take(
        &self,
        key: Key,
        rate: Rate,
        now: Nanos,
        wanted: u32,
    ) -> Option<(Nanos, u32)> {
        metrics::counter!("usher_limits_asked_total").increment(1);
        #[cfg(test)]
        self.asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = text(key);
        let asked = self.exchange(&name, rate, now, wanted);
        let answer = match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(problem)) => {
                tracing::warn!(%problem, "limits are counted by each gateway alone");
                None
            }
            Err(_) => {
                tracing::warn!("limits are counted by each gateway alone: no answer in time");
                None
            }
        };
        let away = answer.is_none().then(|| Instant::now() + AWAY);
        *self.away.lock().unwrap_or_else(PoisonError::into_inner) = away;
        metrics::gauge!("usher_limits_common").set(if answer.is_some() { 1.0 } else { 0.0 });
        answer
    }

    /// The account's arrival as it is now; nothing is taken. `None` while nobody answers.
    pub(super) async fn look(&self, key: Key) -> Option<Nanos> {
        let name = text(key);
        let held = tokio::time::timeout(PATIENCE, self.bucket.read(&name)).await.ok()?.ok()?;
        Some(held.value.as_deref().map_or(0, read))
    }

    #[cfg(test)]
    pub(super) fn asked(&self) -> usize {
        self.asked.load(std::sync::atomic::Ordering::Relaxed)
    }

    async fn exchange(
        &self,
        key: &str,
        rate: Rate,
        now: Nanos,
        wanted: u32,
    ) -> bus::Result<(Nanos, u32)> {
        let mut arrival = now;
        for _ in 0..TRIES {
            let held = self.bucket.read(key).await?;
            // A gateway whose clock is ahead takes no more from the others than one whole burst.
            arrival = held.value.as_deref().map_or(0, read).clamp(0, now + rate.span());
            let (next, given) = rate.take(arrival, now, wanted);
            if given == 0 {
                return Ok((arrival, 0));
            }
            let value = Bytes::copy_from_slice(&next.to_be_bytes());
            if self.bucket.swap(key, value, held.revision).await? {
                return Ok((next, given));
            }
        }
        // So many others take of it at once that this one takes nothing now, and says nothing of what is left.
        Ok((arrival.max(now), 0))
    }
}

/// What is no instant counts as none: the account begins anew.
fn read(value: &[u8]) -> Nanos {
    value.try_into().map_or(0, Nanos::from_be_bytes)
}

/// The account's name, the same in every gateway.
fn text(key: Key) -> String {
    let mut text = match key.what {
        What::Class(class) => class.word().to_owned(),
        What::Plan(quota) => format!("plan{quota}"),
        What::ApiKey(quota) => format!("key{quota}"),
    };
    // Writing to a String cannot fail.
    let _ = match key.of {
        Of::V4(ip) => write!(text, ".a.{ip:08x}"),
        Of::V6(network) => write!(text, ".b.{network:016x}"),
        Of::Tenant(id) => write!(text, ".t.{id}"),
        Of::Person(id, who) => write!(text, ".p.{id}.{who:016x}"),
        Of::ApiKey(id) => write!(text, ".k.{id}"),
        Of::Crowd(part) => write!(text, ".c.{part}"),
    };
    text
}
