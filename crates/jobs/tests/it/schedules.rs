//! Schedules begin each of their runs once, make up for what was missed as asked, and never overlap unless they may.

use std::time::Duration;

use jobs::{
    Error, JobState, Limits,
    schedule::{self, Missed, Overlap, ScheduleState, Spec},
};
use kernel::{Clock, PageSize, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::{
    house::{House, SAMPLE, quick, wait_for},
    world::{Fault, Way},
};

fn at(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().expect("a time").into()
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

async fn house_at(text: &str) -> (House, Clock) {
    let clock = Clock::standing_at(at(text));
    (House::open_at(clock.clone()).await, clock)
}

/// A schedule of the sample workflow.
fn sample(cron: &str) -> Spec {
    Spec::new("nightly", SAMPLE, 1, cron, serde_json::json!({"n": 1}))
}

async fn put(house: &House, spec: &Spec) -> jobs::Result<Timestamp> {
    let mut tx = house.db.tenant(house.tenant, "put_schedule").await.expect("a transaction");
    let next = schedule::put(&mut tx, spec, house.clock.now()).await?;
    tx.commit().await.expect("commits");
    Ok(next)
}

/// The keys of the runs there are, oldest first.
async fn keys(house: &House) -> Vec<String> {
    let mut tx = house.db.tenant(house.tenant, "list_samples").await.expect("a transaction");
    let page = jobs::list(&mut tx, None, None, PageSize::from_wire(100)).await.expect("a page");
    let mut keys: Vec<_> = page.items.into_iter().map(|run| run.key).collect();
    keys.sort();
    keys
}

async fn standing(house: &House) -> schedule::Schedule {
    let mut tx = house.db.tenant(house.tenant, "show_schedule").await.expect("a transaction");
    schedule::find(&mut tx, "nightly").await.expect("an answer").expect("it stands")
}

/// Waits until a run has begun and is done.
async fn done(house: &House, key: &str) {
    wait_for("the run begins", async || keys(house).await.iter().any(|known| known == key)).await;
    house.reach(key, JobState::Done).await;
}

/// Waits until the schedule has moved past the present time of the clock.
async fn moved_on(house: &House) {
    wait_for("the schedule moves on", async || {
        standing(house).await.next_at.is_none_or(|next| next > house.clock.now())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_begin_each_run_once() {
    let (house, clock) = house_at("2026-01-01T00:00:00Z").await;
    let next = put(&house, &sample("0 * * * *")).await.expect("a schedule");
    assert_eq!(next, at("2026-01-01T01:00:00Z"));
    let workers = [(); 2].map(|()| house.worker(Limits::default(), quick()));
    for hour in 1..=3 {
        clock.advance(minutes(60));
        moved_on(&house).await;
        let key = format!("schedule/nightly/2026-01-01T0{hour}:00:00Z");
        done(&house, &key).await;
    }
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(keys(&house).await.len(), 3);
    let standing = standing(&house).await;
    assert_eq!(standing.last_at, Some(at("2026-01-01T03:00:00Z")));
    assert_eq!(standing.next_at, Some(at("2026-01-01T04:00:00Z")));
    assert!(standing.last_job_id.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nightly_run_comes_once_in_both_nights_of_the_change() {
    for (evening, key) in [
        ("2026-03-28T20:00:00Z", "schedule/nightly/2026-03-29T01:00:00Z"),
        ("2026-10-24T20:00:00Z", "schedule/nightly/2026-10-25T00:30:00Z"),
    ] {
        let (house, clock) = house_at(evening).await;
        let night = Spec { zone: "Europe/Berlin".into(), day_border: 240, ..sample("30 2 * * *") };
        put(&house, &night).await.expect("a schedule");
        let worker = house.worker(Limits::default(), quick());
        for _ in 0..20 {
            clock.advance(minutes(30));
            moved_on(&house).await;
        }
        worker.stop().await;
        assert_eq!(keys(&house).await, [key]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_is_made_up_for_as_asked() {
    for (missed, expected) in [
        (Missed::Skip, vec![]),
        (Missed::Once, vec!["schedule/nightly/2026-01-01T05:00:00Z"]),
        (
            Missed::All,
            vec!["schedule/nightly/2026-01-01T04:00:00Z", "schedule/nightly/2026-01-01T05:00:00Z"],
        ),
    ] {
        let (house, clock) = house_at("2026-01-01T00:00:00Z").await;
        let spec = Spec { missed, missed_most: 2, overlap: Overlap::Allow, ..sample("0 * * * *") };
        put(&house, &spec).await.expect("a schedule");
        clock.advance(minutes(330));
        let worker = house.worker(Limits::default(), quick());
        moved_on(&house).await;
        worker.stop().await;
        assert_eq!(keys(&house).await, expected, "{missed}");
        assert_eq!(standing(&house).await.next_at, Some(at("2026-01-01T06:00:00Z")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_is_left_out_while_the_last_run_goes_on() {
    let (house, clock) = house_at("2026-01-01T00:00:00Z").await;
    put(&house, &sample("0 * * * *")).await.expect("a schedule");
    let released = CancellationToken::new();
    let first = "schedule/nightly/2026-01-01T01:00:00Z";
    house.world.plan(first, "register", Way::Do, Fault::CutOff(released.clone()));
    let worker = house.worker(Limits::default(), quick());
    clock.advance(minutes(60));
    wait_for("the first run is under way", async || house.world.cut_off() == 1).await;
    clock.advance(minutes(60));
    moved_on(&house).await;
    assert_eq!(keys(&house).await, [first]);
    released.cancel();
    house.reach(first, JobState::Done).await;
    clock.advance(minutes(60));
    done(&house, "schedule/nightly/2026-01-01T03:00:00Z").await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_schedule_rests_and_goes_on_with_what_comes() {
    let (house, clock) = house_at("2026-01-01T00:00:00Z").await;
    let spec = Spec { missed: Missed::All, missed_most: 9, ..sample("0 * * * *") };
    put(&house, &spec).await.expect("a schedule");
    let set = async |state| {
        let mut tx = house.db.tenant(house.tenant, "set_schedule").await.expect("a transaction");
        schedule::set_state(&mut tx, "nightly", state, clock.now()).await.expect("it stands");
        tx.commit().await.expect("commits");
    };
    set(ScheduleState::Disabled).await;
    clock.advance(minutes(190));
    let worker = house.worker(Limits::default(), quick());
    // Another schedule that fires shows that the worker has looked.
    let other = Spec { name: "other".into(), ..sample("15 * * * *") };
    put(&house, &other).await.expect("a schedule");
    clock.advance(minutes(5));
    done(&house, "schedule/other/2026-01-01T03:15:00Z").await;
    set(ScheduleState::Enabled).await;
    clock.advance(minutes(45));
    done(&house, "schedule/nightly/2026-01-01T04:00:00Z").await;
    worker.stop().await;
    assert_eq!(keys(&house).await.len(), 2, "times in between are not made up for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_is_its_tenants_alone_and_bad_ones_are_refused() {
    let (house, _) = house_at("2026-01-01T00:00:00Z").await;
    put(&house, &sample("0 * * * *")).await.expect("a schedule");
    let stranger = testkit::tenant();
    let mut tx = house.db.tenant(stranger, "list_schedules").await.expect("a transaction");
    assert_eq!(schedule::list(&mut tx).await.expect("a list"), []);
    let unknown = schedule::remove(&mut tx, "nightly").await;
    assert!(matches!(unknown, Err(Error::UnknownSchedule)), "{unknown:?}");
    let unknown =
        schedule::set_state(&mut tx, "nightly", ScheduleState::Disabled, house.clock.now()).await;
    assert!(matches!(unknown, Err(Error::UnknownSchedule)), "{unknown:?}");
    drop(tx);
    for bad in [
        sample("61 * * * *"),
        sample("0 0 30 2 *"),
        Spec { zone: "Mars/Olympus".into(), ..sample("0 * * * *") },
        Spec { day_border: 1440, ..sample("0 * * * *") },
    ] {
        let refused = put(&house, &bad).await;
        assert!(matches!(refused, Err(Error::Schedule(_))), "{bad:?} {refused:?}");
    }
    for bad in [
        Spec { name: String::new(), ..sample("0 * * * *") },
        Spec { name: "x".repeat(101), ..sample("0 * * * *") },
        Spec { missed_most: 0, ..sample("0 * * * *") },
        Spec { missed_most: 101, ..sample("0 * * * *") },
    ] {
        let refused = put(&house, &bad).await;
        let constraint = matches!(refused, Err(Error::Database(pg::Error::Constraint { .. })));
        assert!(constraint, "{bad:?} {refused:?}");
    }
    let mut tx = house.db.tenant(house.tenant, "remove_schedule").await.expect("a transaction");
    schedule::remove(&mut tx, "nightly").await.expect("it stood");
    assert_eq!(schedule::list(&mut tx).await.expect("a list"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_cannot_be_read_rests_and_holds_up_nobody() {
    let (house, clock) = house_at("2026-01-01T00:00:00Z").await;
    put(&house, &sample("0 * * * *")).await.expect("a schedule");
    put(&house, &Spec { name: "other".into(), ..sample("1 * * * *") }).await.expect("a schedule");
    house
        .as_admin(
            "update usher_user.job_schedules set zone = 'Mars/Olympus' where name = 'nightly'",
        )
        .await;
    clock.advance(minutes(61));
    let worker = house.worker(Limits::default(), quick());
    done(&house, "schedule/other/2026-01-01T01:01:00Z").await;
    worker.stop().await;
    assert_eq!(keys(&house).await.len(), 1);
    assert_eq!(standing(&house).await.next_at, Some(at("2026-01-01T01:06:00Z")));
}
