//! Which run goes first, when it may, and how many of a kind there are: priorities, due times, singletons, limits.

use std::time::Duration;

use jobs::{Error, JobState, Limits, Priority, Start, Started, WhileTaken};
use kernel::{Clock, TenantId, Timestamp};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    house::{House, SAMPLE, quick, wait_for},
    world::{Fault, Way, refused},
};

/// One at a time, so that the order of calls is the order of the queue.
const ONE: Limits = Limits { concurrency: 1, per_tenant: 1 };

async fn begin(house: &House, start: Start<'_>) -> jobs::Result<Started> {
    let mut tx = house.db.tenant(house.tenant, "start_sample").await.expect("a transaction");
    let started = start.begin(&mut tx, &house.cx(), &json!(null)).await?;
    tx.commit().await.expect("the start commits");
    Ok(started)
}

fn sample(key: &str) -> Start<'_> {
    Start::new(SAMPLE, 1, key)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_higher_priority_goes_first_and_a_lower_one_last() {
    let house = House::open().await;
    for (key, priority) in [
        ("low", Priority::Low),
        ("normal", Priority::Normal),
        ("high", Priority::High),
        ("high too", Priority::High),
    ] {
        begin(&house, sample(key).priority(priority)).await.expect("starts");
    }
    let worker = house.worker(ONE, quick());
    house.reach("low", JobState::Done).await;
    worker.stop().await;
    assert_eq!(house.world.order("register"), ["high", "high too", "normal", "low"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_low_run_goes_before_normal_ones_that_came_an_hour_later() {
    let house = House::open().await;
    begin(&house, sample("low").priority(Priority::Low)).await.expect("starts");
    house
        .as_admin("update usher_user.job_ready set queued_at = queued_at - interval '61 minutes'")
        .await;
    house.start("normal").await;
    begin(&house, sample("high").priority(Priority::High)).await.expect("starts");
    let worker = house.worker(ONE, quick());
    house.reach("normal", JobState::Done).await;
    worker.stop().await;
    assert_eq!(house.world.order("register"), ["high", "low", "normal"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_for_its_due_time() {
    let instant: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let start = Timestamp::from(instant);
    let clock = Clock::standing_at(start);
    let house = House::open_at(clock.clone()).await;
    let minute = Duration::from_secs(60);
    begin(&house, sample("later").due_at(start.after(minute))).await.expect("starts");
    begin(&house, sample("past").due_at(start.before(minute))).await.expect("starts");
    let worker = house.worker(Limits::default(), quick());
    house.reach("past", JobState::Done).await;
    clock.advance(Duration::from_secs(59));
    house.start("now").await;
    house.reach("now", JobState::Done).await;
    assert_eq!(house.status("later").await.state, JobState::Queued, "a second is still missing");
    clock.advance(Duration::from_secs(1));
    house.reach("later", JobState::Done).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_singleton_key_holds_one_unfinished_run() {
    let house = House::open().await;
    let first = begin(&house, sample("a").singleton("s", WhileTaken::Refuse)).await;
    let Ok(Started::New(first)) = first else { panic!("{first:?}") };
    let refused = begin(&house, sample("b").singleton("s", WhileTaken::Refuse)).await;
    assert!(matches!(refused, Err(Error::SingletonTaken(id)) if id == first), "{refused:?}");
    let joined = begin(&house, sample("b").singleton("s", WhileTaken::Join)).await;
    assert_eq!(joined.expect("it joins"), Started::Existing(first));
    let other = begin(&house, sample("c").singleton("t", WhileTaken::Refuse)).await;
    assert!(matches!(other, Ok(Started::New(_))), "another key: {other:?}");
    let worker = house.worker(Limits::default(), quick());
    house.reach("a", JobState::Done).await;
    worker.stop().await;
    // The key of a start that was refused or joined began nothing, so it is free.
    let next = begin(&house, sample("b").singleton("s", WhileTaken::Refuse)).await;
    assert!(matches!(next, Ok(Started::New(_))), "the first has ended: {next:?}");
    let again = begin(&house, sample("a").singleton("s", WhileTaken::Refuse)).await;
    assert_eq!(again.expect("its key is known"), Started::Existing(first));
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_starts_of_a_singleton_begin_one_run() {
    let house = House::open().await;
    let keys: Vec<String> = (0..8).map(|n| format!("run {n}")).collect();
    let starts = keys.iter().map(|key| begin(&house, sample(key).singleton("s", WhileTaken::Join)));
    let starts: Vec<_> =
        futures::future::join_all(starts).await.into_iter().map(|s| s.expect("starts")).collect();
    let new = starts.iter().filter(|started| matches!(started, Started::New(_))).count();
    assert_eq!(new, 1, "{starts:?}");
    assert!(starts.iter().all(|started| started.id() == starts[0].id()), "{starts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_singleton_that_failed_is_not_tried_again_beside_another() {
    let house = House::open().await;
    house.world.plan("a", "register", Way::Do, Fault::Before(refused()));
    let failed = begin(&house, sample("a").singleton("s", WhileTaken::Refuse)).await;
    let failed = failed.expect("starts").id();
    let worker = house.worker(Limits::default(), quick());
    house.reach("a", JobState::Failed).await;
    worker.stop().await;
    begin(&house, sample("b").singleton("s", WhileTaken::Refuse)).await.expect("starts");
    let mut tx = house.db.tenant(house.tenant, "retry_sample").await.expect("a transaction");
    let retried = jobs::retry(&mut tx, &house.cx(), failed).await;
    assert!(matches!(retried, Err(Error::SingletonTaken(_))), "{retried:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn options_out_of_bounds_are_refused() {
    let house = House::open().await;
    let long = "x".repeat(256);
    for start in [
        sample(""),
        sample(&long),
        sample("k").singleton("", WhileTaken::Join),
        sample("k").singleton(&long, WhileTaken::Join),
    ] {
        let refused = begin(&house, start).await;
        let constraint = matches!(refused, Err(Error::Database(pg::Error::Constraint { .. })));
        assert!(constraint, "{refused:?}");
    }
    assert!(jobs::idle(&house.db, house.clock.now()).await.expect("an answer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_never_has_more_at_once_than_allowed_over_all_tenants_and_workers() {
    let house = House::open().await;
    house.world.limit(3);
    let gates: Vec<_> = (0..18).map(|_| CancellationToken::new()).collect();
    for (n, gate) in gates.iter().enumerate() {
        let key = format!("run {n}");
        house.world.plan(&key, "register", Way::Do, Fault::CutOff(gate.clone()));
        house.start_for(TenantId::from(Uuid::now_v7()), &key).await;
    }
    let limits = Limits { concurrency: 16, per_tenant: 8 };
    let workers = [(); 3].map(|()| house.worker(limits, quick()));
    wait_for("the workflow's places are taken", async || house.world.cut_off() >= 3).await;
    gates.iter().for_each(CancellationToken::cancel);
    wait_for("all are served", async || house.world.order("verify").len() == 18).await;
    house.settle().await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(house.world.most_in_all(), 3);
}
