//! Times of plans over changes of the clocks, borders of days and absences.

use kernel::Timestamp;
use proptest::prelude::*;

use super::{Missed, Plan, Spec, Unreadable};

fn at(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().expect("a time").into()
}

fn plan(cron: &str, zone: &str, border_minutes: u16) -> Plan {
    Plan::parse(cron, zone, border_minutes).expect("a plan")
}

/// The next so many times after an instant.
fn times(plan: &Plan, after: &str, count: usize) -> Vec<String> {
    let next = |from: &Timestamp| plan.next_after(*from);
    std::iter::successors(next(&at(after)), next).take(count).map(|at| at.to_string()).collect()
}

#[test]
fn a_time_that_does_not_exist_is_due_right_after_the_gap() {
    let berlin = plan("30 2 * * *", "Europe/Berlin", 0);
    assert_eq!(
        times(&berlin, "2026-03-28T00:00:00Z", 3),
        ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
    );
    let york = plan("30 2 * * *", "America/New_York", 0);
    assert_eq!(
        times(&york, "2026-03-07T00:00:00Z", 3),
        ["2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]
    );
}

#[test]
fn a_time_that_exists_twice_is_due_once() {
    let berlin = plan("30 2 * * *", "Europe/Berlin", 0);
    assert_eq!(
        times(&berlin, "2026-10-24T12:00:00Z", 2),
        ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
    );
    let york = plan("30 1 * * *", "America/New_York", 0);
    assert_eq!(
        times(&york, "2026-10-31T12:00:00Z", 2),
        ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
    );
}

#[test]
fn a_pattern_that_repeats_within_the_day_goes_on_through_both_changes() {
    let berlin = plan("*/30 * * * *", "Europe/Berlin", 0);
    assert_eq!(
        times(&berlin, "2026-10-24T23:30:00Z", 6),
        [
            "2026-10-25T00:00:00Z",
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:00:00Z",
            "2026-10-25T01:30:00Z",
            "2026-10-25T02:00:00Z",
            "2026-10-25T02:30:00Z"
        ]
    );
    assert_eq!(
        times(&berlin, "2026-03-29T00:00:00Z", 3),
        ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"]
    );
}

#[test]
fn a_zone_without_changes_keeps_its_hours() {
    let kolkata = plan("0 9 * * MON-FRI", "Asia/Kolkata", 0);
    assert_eq!(
        times(&kolkata, "2026-03-27T00:00:00Z", 2),
        ["2026-03-27T03:30:00Z", "2026-03-30T03:30:00Z"]
    );
}

#[test]
fn small_hours_belong_to_the_day_before_the_border() {
    // Monday, 2026-03-23, ends on Tuesday at 04:00.
    let night = plan("30 2 * * MON", "Europe/Berlin", 240);
    assert_eq!(times(&night, "2026-03-23T00:00:00Z", 1), ["2026-03-24T01:30:00Z"]);
    assert_eq!(night.day_of(at("2026-03-24T01:30:00Z")).to_string(), "2026-03-23");
    assert_eq!(night.day_of(at("2026-03-24T03:00:00Z")).to_string(), "2026-03-24");
    // The last day of the month ends in the next month, and a day's evening comes before its small hours.
    let month = plan("0 3,22 L * *", "Europe/Berlin", 240);
    assert_eq!(
        times(&month, "2026-01-30T00:00:00Z", 3),
        ["2026-01-31T21:00:00Z", "2026-02-01T02:00:00Z", "2026-02-28T21:00:00Z"]
    );
    // At the border itself the new day has begun.
    let border = plan("0 4 * * SAT", "Europe/Berlin", 240);
    assert_eq!(times(&border, "2026-03-27T00:00:00Z", 1), ["2026-03-28T03:00:00Z"]);
}

#[test]
fn a_border_holds_across_a_change_of_the_clocks() {
    // Saturday, 2026-03-28, ends on Sunday at 04:00 summer time; 02:30 does not exist that night.
    let night = plan("30 2 * * SAT", "Europe/Berlin", 240);
    assert_eq!(times(&night, "2026-03-28T12:00:00Z", 1), ["2026-03-29T01:00:00Z"]);
    assert_eq!(night.day_of(at("2026-03-29T01:00:00Z")).to_string(), "2026-03-28");
    assert_eq!(night.day_of(at("2026-03-29T02:00:00Z")).to_string(), "2026-03-29");
    // Saturday, 2026-10-24, ends an hour later: 02:30 comes twice.
    assert_eq!(
        times(&night, "2026-10-24T12:00:00Z", 2),
        ["2026-10-25T00:30:00Z", "2026-11-01T01:30:00Z"]
    );
    assert_eq!(night.day_of(at("2026-10-25T02:59:59Z")).to_string(), "2026-10-24");
}

#[test]
fn what_cannot_be_read_is_named() {
    let read = |cron: &str, zone: &str, border| Plan::parse(cron, zone, border).map(drop);
    for cron in ["", "* * * *", "* * * * * *", "61 * * * *", "0 0 32 * *", "x * * * *"] {
        assert!(matches!(read(cron, "UTC", 0), Err(Unreadable::Cron(_))), "{cron:?}");
    }
    for zone in ["", "Europe/Atlantis", "../../etc/passwd"] {
        assert_eq!(read("* * * * *", zone, 0), Err(Unreadable::Zone), "{zone:?}");
    }
    for border in [1440, u16::MAX] {
        assert_eq!(read("* * * * *", "UTC", border), Err(Unreadable::DayBorder), "{border}");
    }
    assert_eq!(plan("0 0 30 2 *", "UTC", 0).next_after(at("2026-01-01T00:00:00Z")), None);
}

#[test]
fn missed_times_are_made_up_for_as_asked() {
    let due = |missed, missed_most, now: &str| {
        let spec = Spec { missed, missed_most, ..Spec::new("s", "w", 1, "0 * * * *", 0.into()) };
        let due = spec.due(&spec.plan().expect("a plan"), at("2026-01-01T01:00:00Z"), at(now));
        due.into_iter().map(|at| at.to_string()).collect::<Vec<_>>()
    };
    let late = "2026-01-01T04:30:00Z";
    assert_eq!(due(Missed::Skip, 1, late), [""; 0]);
    assert_eq!(due(Missed::Skip, 1, "2026-01-01T04:00:59Z"), ["2026-01-01T04:00:00Z"]);
    assert_eq!(due(Missed::Once, 1, late), ["2026-01-01T04:00:00Z"]);
    assert_eq!(due(Missed::All, 2, late), ["2026-01-01T03:00:00Z", "2026-01-01T04:00:00Z"]);
    assert_eq!(due(Missed::All, 9, late).len(), 4);
    // Years of absence cost no more than what is asked for.
    assert_eq!(due(Missed::All, 100, "2036-01-01T00:30:00Z").len(), 100);
}

proptest! {
    #[test]
    fn times_go_forward_and_none_is_left_out(
        start in 1_772_000_000_i64..1_800_000_000,
        zone in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
        border in prop::sample::select(vec![0_u16, 60, 150, 240]),
        cron in prop::sample::select(vec!["*/15 * * * *", "30 2 * * *", "0 3 * * *", "5 1-3 * * *"]),
    ) {
        let plan = plan(cron, zone, border);
        let start = Timestamp::from(jiff::Timestamp::from_second(start).expect("a time"));
        let next = plan.next_after(start).expect("there is one");
        prop_assert!(next > start);
        // From any moment before it, the same time is next.
        let half = start.after(next.since(start) / 2);
        if half < next {
            prop_assert_eq!(plan.next_after(half), Some(next));
        }
        prop_assert_eq!(plan.last_times(next, next, 5), vec![next]);
    }
}
