//! How long a link works.

use std::time::Duration;

use kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// The longest life that any policy allows, in hours: a month.
pub(super) const LONGEST: i32 = 720;

/// How long a link works, in hours: 1 to 720.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lifetime(i32);

impl Lifetime {
    /// Reads a wire value; zero says nothing, so that the tenant's policy decides.
    pub(crate) fn from_wire(hours: i32) -> Result<Option<Self>, &'static str> {
        match hours {
            0 => Ok(None),
            1..=LONGEST => Ok(Some(Self(hours))),
            _ => Err("must be 1 to 720 hours"),
        }
    }

    /// A life of hours that are known to be some.
    pub(crate) const fn of(hours: i32) -> Self {
        Self(hours)
    }

    pub(crate) const fn hours(self) -> i32 {
        self.0
    }

    /// The end of a life that begins at `start`.
    pub(crate) fn from(self, start: Timestamp) -> Timestamp {
        start.after(Duration::from_secs(u64::from(self.0.unsigned_abs()) * 3600))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_outside_a_month_are_refused() {
        assert_eq!(Lifetime::from_wire(0), Ok(None));
        assert_eq!(Lifetime::from_wire(720), Ok(Some(Lifetime(720))));
        for bad in [-1, 721, i32::MIN, i32::MAX] {
            assert!(Lifetime::from_wire(bad).is_err());
        }
    }
}
