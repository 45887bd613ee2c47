//! An event, and the span of time it takes.

use kernel::{EventId, Timestamp, UserId};

use super::{Description, Location, Title};
use crate::{Error, Result};

/// From a start to an end that does not lie before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    starts_at: Timestamp,
    ends_at: Timestamp,
}

impl Span {
    /// Puts a start and an end together; they may be the same instant.
    pub(crate) fn try_new(starts_at: Timestamp, ends_at: Timestamp) -> Result<Self> {
        if ends_at < starts_at {
            return Err(Error::InvalidTimeRange);
        }
        Ok(Self { starts_at, ends_at })
    }

    pub(crate) const fn starts_at(self) -> Timestamp {
        self.starts_at
    }

    pub(crate) const fn ends_at(self) -> Timestamp {
        self.ends_at
    }
}

/// A community event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) event_id: EventId,
    pub(crate) title: Title,
    pub(crate) description: Description,
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    pub(crate) location: Location,
    pub(crate) created_by: UserId,
    pub(crate) created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_end_does_not_lie_before_its_start() {
        let start = Timestamp::from(jiff::Timestamp::UNIX_EPOCH);
        let later = start.after(Duration::from_micros(1));
        assert!(Span::try_new(start, later).is_ok());
        assert!(Span::try_new(start, start).is_ok(), "an instant is a span");
        assert!(matches!(Span::try_new(later, start), Err(Error::InvalidTimeRange)));
    }
}
