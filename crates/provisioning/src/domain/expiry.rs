//! When the end of a marketplace token is told.

use std::time::Duration;

use kernel::Timestamp;

/// Days before the end at which it is told; 0 is the end itself.
const THRESHOLDS: [i16; 4] = [0, 1, 7, 14];

/// How long before the end the first word of it comes.
pub(crate) const HORIZON: Duration = Duration::from_secs(14 * DAY);

const DAY: u64 = 24 * 60 * 60;

/// The threshold to tell of at `now`, unless it or a nearer one was `told`. Thresholds that were slept through are
/// left out: only the nearest counts.
pub(crate) fn threshold_due(
    expires_at: Timestamp,
    told: Option<i16>,
    now: Timestamp,
) -> Option<i16> {
    let left = expires_at.since(now);
    let reached = |days: &i16| left <= Duration::from_secs(u64::from(days.unsigned_abs()) * DAY);
    let nearest = THRESHOLDS.into_iter().find(reached)?;
    told.is_none_or(|told| nearest < told).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_800_000_000;

    fn at(second: i64) -> Timestamp {
        jiff::Timestamp::from_second(second).expect("in range").into()
    }

    #[test]
    fn each_threshold_is_told_once_and_the_nearest_first() {
        let day = i64::try_from(DAY).expect("small");
        let cases = [
            (15 * day, None, None),
            (14 * day + 1, None, None),
            (14 * day, None, Some(14)),
            (14 * day, Some(14), None),
            (7 * day + 1, Some(14), None),
            (7 * day, Some(14), Some(7)),
            (7 * day, Some(7), None),
            (day, Some(7), Some(1)),
            (day, None, Some(1)),
            (1, Some(1), None),
            (0, Some(1), Some(0)),
            (-day, Some(1), Some(0)),
            (-day, None, Some(0)),
            (-day, Some(0), None),
        ];
        for (left, told, due) in cases {
            assert_eq!(threshold_due(at(NOON + left), told, at(NOON)), due, "{left} s, {told:?}");
        }
    }
}
