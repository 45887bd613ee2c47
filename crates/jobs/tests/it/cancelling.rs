//! A run is stopped on request wherever it stands, and takes back what it did.

use std::time::Duration;

use jobs::{JobState, Limits, Pace};
use tokio_util::sync::CancellationToken;

use crate::{
    house::{House, quick, wait_for},
    world::{Fault, Way, away},
};

async fn cancel(house: &House, key: &str) -> jobs::Result<()> {
    let id = house.status(key).await.id;
    let mut tx = house.db.tenant(house.tenant, "cancel_sample").await.expect("a transaction");
    jobs::cancel(&mut tx, &house.cx(), id).await?;
    tx.commit().await.expect("commits");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queued_run_is_cancelled_without_an_attempt() {
    let house = House::open().await;
    let job = house.start("k").await;
    cancel(&house, "k").await.expect("it may be cancelled");
    let worker = house.worker(Limits::default(), quick());
    let status = house.reach("k", JobState::Cancelled).await;
    cancel(&house, "k").await.expect("cancelling again changes nothing");
    worker.stop().await;
    assert_eq!(house.world.calls("k", "register", Way::Do), 0);
    assert_eq!(house.marks(job).await, ["run:failed cancelled"]);
    assert!(status.failure.expect("a failure").operator.contains("service:test"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_run_is_cancelled_at_once_and_undone() {
    let house = House::open().await;
    let later = away().retry_after(Some(Duration::from_secs(3600)));
    house.world.plan("k", "token", Way::Do, Fault::After(later));
    let job = house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    house.reach("k", JobState::Waiting).await;
    cancel(&house, "k").await.expect("it may be cancelled");
    house.reach("k", JobState::Cancelled).await;
    worker.stop().await;
    assert_eq!(house.world.undone("k"), ["token", "register"]);
    assert_eq!(house.world.standing(job), [""; 0]);
    assert_eq!(house.marks(job).await, ["register:recorded", "run:failed cancelled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_under_way_is_given_up_and_undone() {
    let house = House::open().await;
    let never = CancellationToken::new();
    house.world.plan("k", "token", Way::Do, Fault::CutOff(never));
    let job = house.start("k").await;
    let worker =
        house.worker(Limits::default(), Pace { renew: Duration::from_millis(50), ..quick() });
    wait_for("the attempt is under way", async || house.world.cut_off() == 1).await;
    cancel(&house, "k").await.expect("it may be cancelled");
    house.reach("k", JobState::Cancelled).await;
    worker.stop().await;
    assert_eq!(house.world.undone("k"), ["token", "register"]);
    assert_eq!(house.world.standing(job), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_done_cannot_be_cancelled() {
    let house = House::open().await;
    house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    house.reach("k", JobState::Done).await;
    worker.stop().await;
    let refused = cancel(&house, "k").await;
    assert!(matches!(refused, Err(jobs::Error::WrongState(JobState::Done))), "{refused:?}");
}
