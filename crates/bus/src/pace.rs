//! How long to wait: waits that grow, with jitter so that many waiters do not march in step.

use std::time::Duration;

use rand::Rng;

/// `base`, 20 % more or less.
pub(crate) fn jittered(base: Duration) -> Duration {
    base.mul_f64(rand::rng().random_range(0.8..1.2))
}

/// A wait that doubles from `first` to `cap` until it is reset.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    first: Duration,
    cap: Duration,
    next: Duration,
}

impl Backoff {
    pub(crate) const fn new(first: Duration, cap: Duration) -> Self {
        Self { first, cap, next: first }
    }

    /// The next wait, jittered.
    pub(crate) fn next(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(self.cap);
        jittered(wait)
    }

    pub(crate) const fn reset(&mut self) {
        self.next = self.first;
    }
}
