//! When a host that fails is left alone, and how it is tried again: one probe at a time.

use std::time::Duration;

use kernel::Timestamp;

/// When a breaker opens and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trip {
    /// So many failures with no success between open it.
    pub in_a_row: u32,
    /// So many calls within a window are enough to judge by their share.
    pub least: u32,
    /// So many failures of a hundred calls open it.
    pub percent: u32,
    /// How long calls are counted together.
    pub window: Duration,
    /// How long the host is left alone before a probe.
    pub pause: Duration,
}

impl Default for Trip {
    /// Ten in a row, or half of twenty within a minute; tried again after ten seconds.
    fn default() -> Self {
        Self {
            in_a_row: 10,
            least: 20,
            percent: 50,
            window: Duration::from_secs(60),
            pause: Duration::from_secs(10),
        }
    }
}

/// How a call ended, as far as this breaker is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It succeeded, or failed by nobody's fault but the caller's.
    Well,
    /// It failed in the way that the breaker counts.
    Badly,
    /// Nothing was learned, for instance because the caller gave up first.
    Unknown,
}

/// The leave to make a call; what became of it is told to the breaker that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leave {
    /// How often the breaker had opened by then: news from before an opening says nothing after it.
    openings: u64,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed {
        since: Timestamp,
        calls: u32,
        failures: u32,
        row: u32,
    },
    Open {
        until: Timestamp,
    },
    /// One probe is out; should nothing be heard of it, another may follow.
    Probing {
        until: Timestamp,
    },
}

/// The breaker of one host, or of one tenant's calls to it.
#[derive(Debug)]
pub(crate) struct Breaker {
    trip: Trip,
    state: State,
    openings: u64,
}

impl Breaker {
    pub(crate) const fn new(trip: Trip, now: Timestamp) -> Self {
        Self { trip, state: closed(now), openings: 0 }
    }

    /// How long the host is still left alone, if it is.
    pub(crate) fn left_alone(&self, now: Timestamp) -> Option<Duration> {
        let (State::Open { until } | State::Probing { until }) = self.state else { return None };
        let left = until.since(now);
        // A clock that was set back must not leave the host alone for hours.
        (!left.is_zero() && left <= self.trip.pause).then_some(left)
    }

    /// Lets a call pass.
    ///
    /// # Errors
    /// How long the host is still left alone.
    pub(crate) fn pass(&mut self, now: Timestamp) -> Result<Leave, Duration> {
        if let Some(left) = self.left_alone(now) {
            return Err(left);
        }
        if !matches!(self.state, State::Closed { .. }) {
            self.state = State::Probing { until: now.after(self.trip.pause) };
        }
        Ok(Leave { openings: self.openings })
    }

    /// Learns how a call ended; whether that opened the breaker.
    pub(crate) fn learn(&mut self, leave: Leave, outcome: Outcome, now: Timestamp) -> bool {
        if leave.openings != self.openings {
            return false;
        }
        match (&mut self.state, outcome) {
            (State::Probing { .. }, Outcome::Well) => self.state = closed(now),
            (State::Probing { .. }, Outcome::Badly) => return self.open(now),
            // The next caller is the probe.
            (State::Probing { .. }, Outcome::Unknown) => self.state = State::Open { until: now },
            (State::Closed { since, calls, failures, row }, Outcome::Well | Outcome::Badly) => {
                if now.since(*since) >= self.trip.window || now < *since {
                    (*since, *calls, *failures) = (now, 0, 0);
                }
                *calls += 1;
                if outcome == Outcome::Well {
                    *row = 0;
                    return false;
                }
                *failures += 1;
                *row += 1;
                let share = *calls >= self.trip.least
                    && u64::from(*failures) * 100
                        >= u64::from(*calls) * u64::from(self.trip.percent);
                if share || *row >= self.trip.in_a_row {
                    return self.open(now);
                }
            }
            (State::Closed { .. }, Outcome::Unknown) | (State::Open { .. }, _) => {}
        }
        false
    }

    /// Whether it has nothing to remember.
    pub(crate) fn is_idle(&self, now: Timestamp) -> bool {
        match self.state {
            State::Closed { since, row, .. } => row == 0 || now.since(since) >= self.trip.window,
            // Nobody came to probe for so long that it counts no more.
            State::Open { until } | State::Probing { until } => {
                now.since(until) >= self.trip.window
            }
        }
    }

    fn open(&mut self, now: Timestamp) -> bool {
        self.openings += 1;
        self.state = State::Open { until: now.after(self.trip.pause) };
        true
    }
}

const fn closed(now: Timestamp) -> State {
    State::Closed { since: now, calls: 0, failures: 0, row: 0 }
}

#[cfg(test)]
mod tests {
    use kernel::Clock;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const TRIP: Trip = Trip {
        in_a_row: 5,
        least: 10,
        percent: 50,
        window: SECOND.saturating_mul(60),
        pause: SECOND.saturating_mul(10),
    };

    struct Bench {
        clock: Clock,
        breaker: Breaker,
    }

    impl Bench {
        fn new() -> Self {
            let start: jiff::Timestamp = "2026-11-20T10:00:00Z".parse().expect("an instant");
            let clock = Clock::standing_at(start.into());
            Self { breaker: Breaker::new(TRIP, clock.now()), clock }
        }

        fn call(&mut self, outcome: Outcome) -> bool {
            let leave = self.breaker.pass(self.clock.now()).expect("passes");
            self.breaker.learn(leave, outcome, self.clock.now())
        }

        fn opened() -> Self {
            let mut bench = Self::new();
            assert!((0..5).any(|_| bench.call(Outcome::Badly)));
            bench
        }
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_does_not() {
        let mut bench = Bench::new();
        for _ in 0..4 {
            assert!(!bench.call(Outcome::Badly));
        }
        assert!(!bench.call(Outcome::Well) && !bench.call(Outcome::Unknown));
        for _ in 0..4 {
            assert!(!bench.call(Outcome::Badly));
        }
        assert!(bench.call(Outcome::Badly), "half of ten, and five in a row");
        assert_eq!(bench.breaker.pass(bench.clock.now()), Err(SECOND * 10));
    }

    #[test]
    fn half_of_enough_calls_open_it_within_a_window_only() {
        let mut bench = Bench::new();
        let turns = |bench: &mut Bench, pairs: u32| {
            (0..pairs).any(|_| bench.call(Outcome::Badly) | bench.call(Outcome::Well))
        };
        assert!(!turns(&mut bench, 4));
        bench.clock.advance(SECOND * 60);
        assert!(!turns(&mut bench, 4), "the first ones count no more");
        assert!(!bench.call(Outcome::Well) && bench.call(Outcome::Badly), "half of ten");
    }

    #[test]
    fn one_probe_at_a_time_decides() {
        let mut bench = Bench::opened();
        bench.clock.advance(SECOND * 9);
        assert_eq!(bench.breaker.pass(bench.clock.now()), Err(SECOND));
        bench.clock.advance(SECOND);
        let probe = bench.breaker.pass(bench.clock.now()).expect("the probe");
        assert_eq!(bench.breaker.pass(bench.clock.now()), Err(SECOND * 10), "only one");
        assert!(bench.breaker.learn(probe, Outcome::Badly, bench.clock.now()));
        assert_eq!(bench.breaker.pass(bench.clock.now()), Err(SECOND * 10), "open again");
        bench.clock.advance(SECOND * 10);
        assert!(!bench.call(Outcome::Well), "the probe succeeds");
        assert!(!bench.call(Outcome::Badly) && !bench.call(Outcome::Well), "and all pass");
    }

    #[test]
    fn a_probe_that_was_given_up_or_never_heard_of_is_followed_by_another() {
        let mut bench = Bench::opened();
        bench.clock.advance(SECOND * 10);
        assert!(!bench.call(Outcome::Unknown));
        bench.breaker.pass(bench.clock.now()).expect("the next one at once");
        bench.clock.advance(SECOND * 10);
        assert!(!bench.call(Outcome::Well), "nothing was heard of it");
        assert!(bench.breaker.is_idle(bench.clock.now()));
    }

    #[test]
    fn news_from_before_it_opened_changes_nothing() {
        let mut bench = Bench::new();
        let old = bench.breaker.pass(bench.clock.now()).expect("passes");
        assert!((0..5).any(|_| bench.call(Outcome::Badly)));
        assert!(!bench.breaker.learn(old, Outcome::Well, bench.clock.now()));
        assert!(bench.breaker.pass(bench.clock.now()).is_err(), "still open");
        bench.clock.advance(SECOND * 10);
        let probe = bench.breaker.pass(bench.clock.now()).expect("the probe");
        assert!(!bench.breaker.learn(old, Outcome::Badly, bench.clock.now()), "not the probe's");
        assert!(!bench.breaker.learn(probe, Outcome::Well, bench.clock.now()));
        bench.breaker.pass(bench.clock.now()).expect("closed");
    }

    #[test]
    fn an_open_breaker_that_nobody_probes_is_idle_in_the_end() {
        let bench = Bench::opened();
        bench.clock.advance(SECOND * 69);
        assert!(!bench.breaker.is_idle(bench.clock.now()));
        bench.clock.advance(SECOND);
        assert!(bench.breaker.is_idle(bench.clock.now()));
    }

    #[test]
    fn a_clock_that_was_set_back_leaves_nobody_alone_for_long() {
        let mut bench = Bench::opened();
        let before = bench.clock.now().jiff() - jiff::SignedDuration::from_hours(5);
        bench.breaker.pass(before.into()).expect("the probe");
    }
}
