//! The generic cell rate algorithm: one instant stands for all requests that were let through.
//!
//! The instant is the theoretical arrival time of the next request if all came evenly (ITU-T I.371, annex A). It runs ahead
//! of the clock by as much as was used, and by no more than a window.

use std::time::Duration;

/// Nanoseconds since 1970.
pub(crate) type Nanos = i64;

/// So many requests in each window, at once or one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Requests within a window, at least 1.
    pub(crate) quota: u32,
    /// The window in seconds, at least 1.
    pub(crate) window: u32,
}

impl Rate {
    /// The window.
    pub(crate) fn span(self) -> Nanos {
        i64::from(self.window) * 1_000_000_000
    }

    /// What one request uses up.
    fn each(self) -> Nanos {
        (self.span() / i64::from(self.quota)).max(1)
    }

    /// Requests that would pass now.
    pub(crate) fn left(self, arrival: Nanos, now: Nanos) -> u32 {
        let room = now.saturating_add(self.span()) - arrival.max(now);
        u32::try_from((room / self.each()).max(0)).unwrap_or(u32::MAX).min(self.quota)
    }

    /// Lets through as many of `wanted` requests as may pass; the arrival after them, and how many.
    pub(crate) fn take(self, arrival: Nanos, now: Nanos, wanted: u32) -> (Nanos, u32) {
        let given = self.left(arrival, now).min(wanted);
        (arrival.max(now) + self.each() * i64::from(given), given)
    }

    /// Until one more passes.
    pub(crate) fn wait(self, arrival: Nanos, now: Nanos) -> Duration {
        self.wait_for(1, arrival, now)
    }

    /// Until so many more pass.
    pub(crate) fn wait_for(self, wanted: u32, arrival: Nanos, now: Nanos) -> Duration {
        let until = arrival + self.each() * i64::from(wanted.min(self.quota)) - self.span() - now;
        Duration::from_nanos(u64::try_from(until).unwrap_or_default())
    }

    /// Until all of the quota is there again.
    pub(crate) fn reset(self, arrival: Nanos, now: Nanos) -> Duration {
        Duration::from_nanos(u64::try_from(arrival - now).unwrap_or_default())
    }

    /// How many requests a gateway takes from the common budget at once. Two gateways that each hold a share, and as many
    /// that they have not told of yet, are within a hundredth of the quota; of a short window a share is worth 50 ms.
    pub(crate) fn share(self) -> u32 {
        let worth = (self.span() / 400).max(50_000_000);
        u32::try_from(worth / self.each()).unwrap_or(u32::MAX).max(1)
    }

    /// How many requests a gateway lets through before it asks for a share: whoever comes seldom costs no question.
    pub(crate) fn free(self) -> u32 {
        self.quota / 400
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: Rate = Rate { quota: 60, window: 60 };
    const SECOND: Nanos = 1_000_000_000;

    #[test]
    fn a_quota_is_there_at_once_and_comes_back_evenly() {
        let (arrival, given) = MINUTE.take(0, 100 * SECOND, 100);
        assert_eq!(given, 60);
        assert_eq!(MINUTE.left(arrival, 100 * SECOND), 0);
        assert_eq!(MINUTE.wait(arrival, 100 * SECOND), Duration::from_secs(1));
        assert_eq!(MINUTE.left(arrival, 107 * SECOND), 7);
        assert_eq!(MINUTE.left(arrival, 500 * SECOND), 60);
        assert_eq!(MINUTE.reset(arrival, 110 * SECOND), Duration::from_secs(50));
    }

    #[test]
    fn shares_are_small_and_never_nothing() {
        let share = |quota, window| Rate { quota, window }.share();
        assert_eq!((share(6000, 60), share(10, 60), share(1, 1), share(1000, 1)), (15, 1, 1, 50));
        assert_eq!(Rate { quota: 10, window: 60 }.free(), 0);
    }

    proptest! {
        /// However requests are spread, no window holds more than twice the quota, and no more than the rate in the long run.
        #[test]
        fn never_more_than_the_rate_and_one_burst(
            quota in 1u32..2000,
            window in 1u32..120,
            steps in proptest::collection::vec((0i64..2 * SECOND, 1u32..50), 1..300),
        ) {
            let rate = Rate { quota, window };
            let (mut now, mut arrival, mut passed) = (SECOND, 0, 0u64);
            for (pause, wanted) in steps {
                now += pause;
                let (next, given) = rate.take(arrival, now, wanted);
                prop_assert!(next >= arrival && given <= wanted);
                arrival = next;
                passed += u64::from(given);
                let most = (now - SECOND) / rate.each() + i64::from(quota) + 1;
                prop_assert!(i64::try_from(passed).expect("small") <= most);
            }
        }
    }
}
