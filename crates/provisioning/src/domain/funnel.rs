//! The funnel's numbers, and the range of time they are about.

use std::time::Duration;

use kernel::Timestamp;

use super::Cohort;

/// How far back a funnel over the platform reaches unless told.
const PLATFORM_DAYS: i64 = 30;

/// Onboardings that began from `from` on and before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

/// A range that ends before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be later than `from`")]
pub(crate) struct Backwards;

impl Range {
    /// The range of a tenant's funnel: all time, as far as nothing else is said.
    pub(crate) fn of_tenant(
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Self, Backwards> {
        Self::new(from.unwrap_or_else(|| jiff::Timestamp::UNIX_EPOCH.into()), to.unwrap_or(now))
    }

    /// The range of the platform's funnel: 30 days, as far as nothing else is said.
    pub(crate) fn of_platform(
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Self, Backwards> {
        let to = to.unwrap_or(now);
        let hours = jiff::SignedDuration::from_hours(PLATFORM_DAYS * 24);
        let begin = || to.jiff().checked_sub(hours).unwrap_or(jiff::Timestamp::MIN);
        Self::new(from.unwrap_or_else(|| begin().into()), to)
    }

    fn new(from: Timestamp, to: Timestamp) -> Result<Self, Backwards> {
        if from < to { Ok(Self { from, to }) } else { Err(Backwards) }
    }
}

/// How long it took half of the clients, and 95 of 100: times that some client really took. Absent where none did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Times {
    pub(crate) p50: Option<Duration>,
    pub(crate) p95: Option<Duration>,
}

/// What became of some clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Funnel {
    pub(crate) began: i64,
    pub(crate) invite_sent: i64,
    pub(crate) invite_accepted: i64,
    pub(crate) provision_success: i64,
    pub(crate) provision_failed: i64,
    pub(crate) provision_recovered: i64,
    pub(crate) unaided: i64,
    /// From invitation to active.
    pub(crate) time_to_active: Times,
    /// From acceptance to active.
    pub(crate) accepted_to_active: Times,
    /// From invitation to the first update of data.
    pub(crate) first_update: Times,
}

/// What became of the clients of one cohort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CohortFunnel {
    pub(crate) cohort: Cohort,
    pub(crate) funnel: Funnel,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        jiff::Timestamp::from_second(second).expect("in range").into()
    }

    #[test]
    fn a_range_ends_after_it_begins() {
        let now = at(1_000_000_000);
        assert_eq!(Range::of_tenant(None, None, now), Ok(Range { from: at(0), to: now }));
        let month = Range::of_platform(None, None, now).expect("a range");
        assert_eq!(now.since(month.from), Duration::from_secs(30 * 86_400));
        assert_eq!(Range::of_tenant(Some(now), Some(now), now), Err(Backwards));
        assert_eq!(Range::of_platform(Some(at(7)), Some(at(6)), now), Err(Backwards));
    }
}
