//! What is used of a limit, over which time it is counted, and which marks are told.

use kernel::Timestamp;

use super::Resource;

/// The period of what is counted for good.
const FOR_GOOD: &str = "always";

/// What a tenant uses of a resource in one period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) used: i64,
    /// The mark that was told last, in percent.
    pub(crate) told: i16,
}

/// How a tenant stands with a resource that is counted here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) resource: Resource,
    /// `None` for any number.
    pub(crate) most: Option<i64>,
    pub(crate) used: i64,
}

/// How a tenant stands with any resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) resource: Resource,
    /// `None` for any number.
    pub(crate) most: Option<i64>,
    pub(crate) overridden: bool,
    /// `None` for what is counted elsewhere.
    pub(crate) used: Option<i64>,
}

/// What was taken under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Take {
    pub(crate) period: String,
    pub(crate) amount: i64,
    pub(crate) given_at: Option<Timestamp>,
}

/// What is to be told of a change of usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// This mark is reached.
    Neared(i16),
    /// A mark that was told is clearly left; this one still stands.
    Eased(i16),
}

/// Marks of a limit, in percent, highest first.
const MARKS: [i16; 2] = [100, 80];

/// How far below a mark, in percent of the limit, it counts as left: what swings about a mark is not told at every swing.
const CLEARLY: i64 = 5;

impl Usage {
    /// The mark to tell, under this limit.
    pub(crate) fn mark(self, most: Option<i64>) -> Option<Mark> {
        let reaches = |percent: i64| {
            most.is_some_and(|most| {
                i128::from(self.used) * 100 >= i128::from(most) * i128::from(percent)
            })
        };
        let reached = MARKS.into_iter().find(|mark| reaches(i64::from(*mark))).unwrap_or_default();
        if reached > self.told {
            return Some(Mark::Neared(reached));
        }
        let holds = |mark: &i16| *mark <= self.told && reaches(i64::from(*mark) - CLEARLY);
        let holding = MARKS.into_iter().find(holds).unwrap_or_default();
        (holding < self.told).then_some(Mark::Eased(holding))
    }
}

impl Mark {
    /// The mark that stands from now on.
    pub(crate) const fn stands(self) -> i16 {
        match self {
            Self::Neared(mark) | Self::Eased(mark) => mark,
        }
    }
}

impl Resource {
    /// The period under way, in UTC: a day, a month, or all time. `None` for what is counted elsewhere.
    pub(crate) fn period(self, now: Timestamp) -> Option<String> {
        let today = now.jiff().to_zoned(jiff::tz::TimeZone::UTC).date();
        match self {
            Self::Users | Self::RequestsPerSecond => None,
            Self::InvitesDaily => Some(today.to_string()),
            Self::BackupsMonthly => Some(today.strftime("%Y-%m").to_string()),
            Self::StorageBytes | Self::Courses => Some(FOR_GOOD.into()),
        }
    }
}

/// Reads how much is taken.
pub(crate) fn amount(number: i64) -> Result<i64, &'static str> {
    if (1..=1 << 50).contains(&number) { Ok(number) } else { Err("must be 1 or more, to 2^50") }
}

/// Reads what something is taken for.
pub(crate) fn take_key(text: &str) -> Result<String, &'static str> {
    if (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(text.into());
    }
    Err("must hold 1 to 255 visible ASCII characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(used: i64, told: i16, most: i64) -> Option<Mark> {
        Usage { used, told }.mark(Some(most))
    }

    #[test]
    fn a_mark_is_told_once_on_the_way_up() {
        for (used, told, expected) in [
            (79, 0, None),
            (80, 0, Some(Mark::Neared(80))),
            (99, 80, None),
            (100, 80, Some(Mark::Neared(100))),
            (100, 0, Some(Mark::Neared(100))),
            (100, 100, None),
            (130, 100, None),
        ] {
            assert_eq!(mark(used, told, 100), expected, "{used} after {told}");
        }
    }

    #[test]
    fn a_mark_is_left_when_usage_is_clearly_below_it() {
        for (used, told, expected) in [
            (95, 100, None),
            (94, 100, Some(Mark::Eased(80))),
            (75, 80, None),
            (74, 80, Some(Mark::Eased(0))),
            (10, 100, Some(Mark::Eased(0))),
        ] {
            assert_eq!(mark(used, told, 100), expected, "{used} after {told}");
        }
        assert_eq!(Usage { used: 10, told: 100 }.mark(None), Some(Mark::Eased(0)), "lifted");
        assert_eq!(Usage { used: 10, told: 0 }.mark(None), None);
    }

    #[test]
    fn small_and_huge_limits_have_marks_too() {
        assert_eq!(mark(1, 0, 1), Some(Mark::Neared(100)));
        assert_eq!(mark(i64::MAX, 0, i64::MAX), Some(Mark::Neared(100)));
    }

    #[test]
    fn periods_are_days_months_and_for_good() {
        let now: jiff::Timestamp = "2026-02-28T23:59:59Z".parse().expect("an instant");
        let period = |resource: Resource| resource.period(now.into());
        assert_eq!(period(Resource::InvitesDaily).as_deref(), Some("2026-02-28"));
        assert_eq!(period(Resource::BackupsMonthly).as_deref(), Some("2026-02"));
        assert_eq!(period(Resource::Courses).as_deref(), Some("always"));
        assert_eq!(period(Resource::Users), None);
    }
}
