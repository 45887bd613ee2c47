//! When a schedule is due: a cron pattern in a time zone, on days that may end later than midnight. Pure.

use std::time::Duration;

use croner::{
    Cron, JobType,
    parser::{CronParser, Seconds, Year},
};
use jiff::{
    ToSpan,
    civil::{Date, DateTime, Time},
    tz::{AmbiguousOffset, TimeZone},
};
use kernel::Timestamp;

/// How far from a change of the clocks its effect is looked for.
const NEAR: Duration = Duration::from_secs(26 * 3600);

/// No zone repeats more of a day than this, in hours.
const LONGEST_REPEAT: i64 = 4;

/// Why a plan cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The pattern, with the parser's words.
    #[error("cron is not a pattern of five fields: {0}")]
    Cron(String),
    /// The pattern matches no time at all, for instance the 30th of February.
    #[error("cron matches no time that will come")]
    Never,
    /// The zone.
    #[error("zone is not a time zone of the IANA database, for instance Europe/Berlin")]
    Zone,
    /// The border.
    #[error("day_border is not a time of the day in whole minutes, 0 to 1439")]
    DayBorder,
}

/// Whether a search may find the moment it begins at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    With,
    Without,
}

/// Times that come again and again.
///
/// Minutes and hours of the pattern are read on the wall clock of the zone; days, months and days of the week are those
/// of a day that begins at the border: with a border of 04:00, `30 2 * * MON` is 02:30 in the night after Monday, and
/// belongs to Monday.
///
/// Where clocks go forward, a time that does not exist is due at the first instant after the gap, once, however many
/// times fall into it. Where clocks go back, a time that exists twice is due the first time; a pattern with more than
/// one minute or hour (`*/15 * * * *`) is due both times.
#[derive(Debug, Clone)]
pub struct Plan {
    cron: Cron,
    zone: TimeZone,
    border: Time,
}

impl Plan {
    /// Reads a pattern of five fields, an IANA zone and the minutes after midnight at which a day begins.
    ///
    /// # Errors
    /// [`Unreadable`] names the part at fault.
    pub fn parse(cron: &str, zone: &str, border_minutes: u16) -> Result<Self, Unreadable> {
        let parser =
            CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(cron).map_err(|problem| Unreadable::Cron(problem.to_string()))?;
        let zone = TimeZone::get(zone).map_err(|_| Unreadable::Zone)?;
        let part = |number: u16| i8::try_from(number).map_err(|_| Unreadable::DayBorder);
        let (hour, minute) = (part(border_minutes / 60)?, part(border_minutes % 60)?);
        let border = Time::new(hour, minute, 0, 0).map_err(|_| Unreadable::DayBorder)?;
        Ok(Self { cron, zone, border })
    }

    /// The first time after `instant`; `None` where there is none.
    #[must_use]
    pub fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        let wall = self.zone.to_datetime(instant.jiff());
        if !self.clocks_change_near(instant) {
            return Some(self.instants(self.next_wall(wall)?)?.0);
        }
        // The wall clock may read less at a later instant: look from earlier on, and past the first that is found.
        let mut from = wall.checked_sub(LONGEST_REPEAT.hours()).ok()?;
        let mut until = DateTime::MAX;
        let mut best: Option<Timestamp> = None;
        while let Some(next) = self.next_wall(from).filter(|next| *next <= until) {
            from = next;
            let (first, second) = self.instants(next)?;
            let later = [Some(first), second].into_iter().flatten().find(|at| *at > instant);
            let Some(at) = later else { continue };
            if best.is_none() {
                until = next.checked_add(LONGEST_REPEAT.hours()).ok()?;
            }
            best = Some(best.map_or(at, |best| best.min(at)));
        }
        best
    }

    /// The last `most` times from `first` (a time of this plan) up to `now`, oldest first.
    #[must_use]
    pub fn last_times(&self, first: Timestamp, now: Timestamp, most: usize) -> Vec<Timestamp> {
        let start = first.before(Duration::from_micros(1));
        let mut span = Duration::from_secs(3600);
        // Looks back twice as far each time, so that a long absence costs little.
        loop {
            let from = start.max(now.before(span));
            let times = std::iter::successors(self.next_after(from), |at| self.next_after(*at));
            let mut found: Vec<_> = times.take_while(|at| *at <= now).collect();
            if found.len() >= most || from == start {
                return found.split_off(found.len().saturating_sub(most));
            }
            span = span.saturating_mul(2);
        }
    }

    /// The day that an instant belongs to.
    #[must_use]
    pub fn day_of(&self, instant: Timestamp) -> Date {
        self.nominal(self.zone.to_datetime(instant.jiff())).date()
    }

    fn clocks_change_near(&self, instant: Timestamp) -> bool {
        let offset = |at: Timestamp| self.zone.to_offset(at.jiff());
        let now = offset(instant);
        offset(instant.before(NEAR)) != now || offset(instant.after(NEAR)) != now
    }

    /// The day that a wall time belongs to, with its time: what the pattern is matched against.
    fn nominal(&self, wall: DateTime) -> DateTime {
        if wall.time() < self.border {
            wall.date().yesterday().unwrap_or(Date::MIN).to_datetime(wall.time())
        } else {
            wall
        }
    }

    fn wall(&self, nominal: DateTime) -> Option<DateTime> {
        if nominal.time() < self.border {
            Some(nominal.date().tomorrow().ok()?.to_datetime(nominal.time()))
        } else {
            Some(nominal)
        }
    }

    /// The first match on the wall clock after `wall`. A day runs from its border to midnight and on to the next border.
    fn next_wall(&self, wall: DateTime) -> Option<DateTime> {
        let after = self.nominal(wall);
        let day = after.date();
        let found = if after.time() >= self.border {
            let evening = self.find(after, Edge::Without).filter(|at| at.date() == day);
            evening.or_else(|| self.small_hours(day))
        } else {
            let night = self.find(after, Edge::Without);
            night.filter(|at| at.date() == day && at.time() < self.border)
        };
        let found = found.or_else(|| {
            let day =
                self.find(day.tomorrow().ok()?.to_datetime(Time::midnight()), Edge::With)?.date();
            let evening = self.find(day.to_datetime(self.border), Edge::With);
            evening.filter(|at| at.date() == day).or_else(|| self.small_hours(day))
        })?;
        self.wall(found)
    }

    /// The first match of a day after its midnight.
    fn small_hours(&self, day: Date) -> Option<DateTime> {
        self.find(day.to_datetime(Time::midnight()), Edge::With)
            .filter(|at| at.date() == day && at.time() < self.border)
    }

    fn find(&self, from: DateTime, edge: Edge) -> Option<DateTime> {
        self.cron.find_next_occurrence(&from, edge == Edge::With).ok()
    }

    /// When a wall time is due: once, or twice where clocks go back.
    fn instants(&self, wall: DateTime) -> Option<(Timestamp, Option<Timestamp>)> {
        let at = |offset: jiff::tz::Offset| offset.to_timestamp(wall).ok();
        match self.zone.to_ambiguous_timestamp(wall).offset() {
            AmbiguousOffset::Unambiguous { offset } => Some((at(offset)?.into(), None)),
            AmbiguousOffset::Gap { before, .. } => {
                let within = at(before)?.checked_add(1.nanosecond()).ok()?;
                let change = self.zone.preceding(within).next()?;
                Some((change.timestamp().into(), None))
            }
            AmbiguousOffset::Fold { before, after } => {
                let again = self.cron.determine_job_type() != JobType::FixedTime;
                let second = if again { at(after) } else { None };
                Some((at(before)?.into(), second.map(Timestamp::from)))
            }
        }
    }
}
