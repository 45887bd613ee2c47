//! The header `Retry-After`: seconds, or an HTTP date.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use kernel::Timestamp;

/// No other side makes us wait longer than this; another try tells whether it still wants to.
const LONGEST: Duration = Duration::from_secs(3600);

/// An HTTP date is an RFC 2822 date whose zone is written GMT.
static DATES: DateTimeParser = DateTimeParser::new();

/// How long to wait at `now`; none for a text that is neither.
pub(crate) fn parse(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let pause = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => Timestamp::from(DATES.parse_timestamp(text).ok()?).since(now),
    };
    Some(pause.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_understood_and_bounded() {
        let now: jiff::Timestamp = "2026-11-20T10:00:00Z".parse().expect("an instant");
        let parse = |text| super::parse(text, now.into());
        assert_eq!(parse("3"), Some(Duration::from_secs(3)));
        assert_eq!(parse(" 0 "), Some(Duration::ZERO));
        assert_eq!(parse("Fri, 20 Nov 2026 10:00:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(parse("Fri, 20 Nov 2026 09:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(parse("999999999"), Some(LONGEST));
        for nonsense in ["", "soon", "-1", "1.5"] {
            assert_eq!(parse(nonsense), None, "{nonsense:?}");
        }
    }
}
