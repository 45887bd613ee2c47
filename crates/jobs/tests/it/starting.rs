//! A run begins once per key, with the commit that asks for it, and is its tenant's alone.

use std::time::Duration;

use jobs::{Error, JobState, Limits, Pace, Started, StepState};
use kernel::TenantId;
use serde_json::json;
use uuid::Uuid;

use crate::house::{House, SAMPLE, quick};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_begins_one_run() {
    let house = House::open().await;
    let mut tx = house.db.tenant(house.tenant, "start_sample").await.expect("a transaction");
    let new = jobs::start(&mut tx, &house.cx(), SAMPLE, 1, "k", &json!({"a": 1, "b": 2})).await;
    let Ok(Started::New(id)) = new else { panic!("{new:?}") };
    tx.commit().await.expect("commits");
    let mut tx = house.db.tenant(house.tenant, "start_sample").await.expect("a transaction");
    let again = jobs::start(&mut tx, &house.cx(), SAMPLE, 1, "k", &json!({"b": 2, "a": 1})).await;
    assert_eq!(again.expect("the same work"), Started::Existing(id));
    let other = jobs::start(&mut tx, &house.cx(), SAMPLE, 1, "k", &json!({"a": 3})).await;
    assert!(matches!(other, Err(Error::KeyReused)), "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_starts_of_a_key_agree_on_the_run() {
    let house = House::open().await;
    let starts = futures::future::join_all((0..8).map(|_| house.start("k"))).await;
    assert!(starts.iter().all(|id| *id == starts[0]), "{starts:?}");
    let worker = house.worker(Limits::default(), quick());
    house.reach("k", JobState::Done).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_of_the_same_process_wakes_the_worker_without_a_poll() {
    let house = House::open().await;
    let hour = Duration::from_secs(3600);
    let asleep = Pace { poll_min: hour, poll_max: hour, ..quick() };
    let worker = house.worker_on(house.db.clone(), Limits::default(), asleep);
    for key in ["first", "second", "third"] {
        house.start(key).await;
        house.reach(key, JobState::Done).await;
    }
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_rolled_back_never_was() {
    let house = House::open().await;
    let mut tx = house.db.tenant(house.tenant, "start_sample").await.expect("a transaction");
    jobs::start(&mut tx, &house.cx(), SAMPLE, 1, "k", &json!(null)).await.expect("starts");
    drop(tx);
    assert!(jobs::idle(&house.db, house.clock.now()).await.expect("an answer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_seen_by_its_tenant_alone() {
    let house = House::open().await;
    let id = house.start("k").await;
    let stranger = TenantId::from(Uuid::now_v7());
    let mut tx = house.db.tenant(stranger, "show_sample").await.expect("a transaction");
    assert_eq!(jobs::status(&mut tx, id).await.expect("an answer"), None);
    assert!(matches!(jobs::cancel(&mut tx, &house.cx(), id).await, Err(Error::UnknownJob)));
    assert!(matches!(jobs::retry(&mut tx, &house.cx(), id).await, Err(Error::UnknownJob)));
    drop(tx);
    let theirs = house.start_for(stranger, "k").await;
    assert_ne!(theirs, id, "a key is its tenant's own");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_a_version_that_nobody_knows_wait() {
    let house = House::open().await;
    let mut tx = house.db.tenant(house.tenant, "start_sample").await.expect("a transaction");
    jobs::start(&mut tx, &house.cx(), SAMPLE, 2, "new", &json!(null)).await.expect("starts");
    tx.commit().await.expect("commits");
    house.start("old").await;
    let worker = house.worker(Limits::default(), quick());
    let old = house.reach("old", JobState::Done).await;
    worker.stop().await;
    let new = house.status("new").await;
    assert_eq!((new.state, new.steps.len()), (JobState::Queued, 0));
    assert!(old.steps.iter().all(|step| step.state == StepState::Done && step.attempts == 1));
}
