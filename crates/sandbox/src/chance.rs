//! Chance that repeats: every draw is decided by a seed and the number of the request, nothing else.

use std::time::Duration;

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::Deserialize;

/// A range of delays in milliseconds, both ends included.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// The shortest delay, milliseconds.
    pub min_ms: u64,
    /// The longest delay, milliseconds; a value below `min_ms` counts as `min_ms`.
    pub max_ms: u64,
}

impl Latency {
    /// Five to forty milliseconds: a backend in the same town.
    pub const MILD: Latency = Latency { min_ms: 5, max_ms: 40 };

    pub(crate) fn draw(self, seed: u64, number: u64) -> Duration {
        let max = self.max_ms.max(self.min_ms);
        Duration::from_millis(stream(seed, number, 1).random_range(self.min_ms..=max))
    }
}

/// Picks the entry whose share of `0.0..1.0` holds the draw of this request, or none.
pub(crate) fn pick<T: Clone>(seed: u64, number: u64, shares: &[(f64, T)]) -> Option<T> {
    let mut point: f64 = stream(seed, number, 2).random();
    for (share, item) in shares {
        if point < *share {
            return Some(item.clone());
        }
        point -= share;
    }
    None
}

/// Refuses shares that are no probabilities, naming the configuration key.
pub(crate) fn check<T>(key: &str, shares: &[(f64, T)]) -> anyhow::Result<()> {
    let sane = shares.iter().all(|(share, _)| (0.0..=1.0).contains(share));
    let sum: f64 = shares.iter().map(|(share, _)| share).sum();
    anyhow::ensure!(
        sane && sum <= 1.0 + f64::EPSILON,
        "{key}: every probability lies in 0..=1 and their sum is at most 1"
    );
    Ok(())
}

/// The purpose keeps the delay of a request independent of its fault.
fn stream(seed: u64, number: u64, purpose: u64) -> StdRng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&number.to_le_bytes());
    key[16..24].copy_from_slice(&purpose.to_le_bytes());
    StdRng::from_seed(key)
}
