//! An opening of what a tenant's people wrote to a member of the platform's staff.

use std::time::Duration;

use kernel::{Timestamp, UserId};
use uuid::Uuid;

/// How long an opening lasts unless told.
const USUAL: i32 = 60;

/// An opening as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GlassOpening {
    pub(crate) opening_id: Uuid,
    pub(crate) user_id: UserId,
    pub(crate) reason: String,
    pub(crate) opened_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) closed_at: Option<Timestamp>,
    pub(crate) closed_by: Option<String>,
}

/// How long it is to last.
pub(crate) fn glass_time(minutes: i32) -> Result<Duration, &'static str> {
    let minutes = if minutes == 0 { USUAL } else { minutes };
    match u64::try_from(minutes) {
        Ok(minutes @ 5..=480) => Ok(Duration::from_secs(minutes * 60)),
        _ => Err("must be 5 to 480 minutes"),
    }
}

/// Why it is opened: a line that the tenant understands.
pub(crate) fn glass_reason(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let fits = (10..=500).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err("must be a line of 10 to 500 characters") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_has_a_reason_and_an_end() {
        assert_eq!(glass_time(0), Ok(Duration::from_secs(3_600)));
        assert_eq!(glass_time(480), Ok(Duration::from_secs(8 * 3_600)));
        for bad in [-1, 1, 4, 481, i32::MAX] {
            assert!(glass_time(bad).is_err(), "{bad}");
        }
        assert!(glass_reason("ticket 4711: report shows nothing").is_ok());
        for bad in ["", "because", "two lines\nof reason", &"x".repeat(501)] {
            assert!(glass_reason(bad).is_err(), "{bad:?}");
        }
    }
}
