//! A run that no living build can go on with says so, and goes on when one can.

use jobs::{HeldFor, JobState, StepState};
use tokio_util::sync::CancellationToken;

use crate::{
    house::House,
    shapes::{Part, Shape, worker},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_version_is_held_and_taken_up_by_a_build_that_knows_it() {
    let house = House::open().await;
    let (old, new) = (Shape::new("kept", vec![Part::of("only")]), Shape::new("kept", vec![]));
    let (removed, unheard) = (house.start_of("kept", 1).await, house.start_of("unheard", 1).await);
    let newer = worker(&house, [new.version(2)]);
    let held = |why| move |status: &jobs::JobStatus| status.held == Some(why);
    let status = house.see(removed, "held for its version", held(HeldFor::Version)).await;
    assert_eq!(status.state, JobState::Queued);
    house.see(unheard, "held for its workflow", held(HeldFor::Workflow)).await;
    // Side by side, as while a deployment is rolled back.
    let older = old.worker(&house);
    let done = house.reach_of(removed, JobState::Done).await;
    assert_eq!(done.held, None);
    for worker in [newer, older] {
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_run_that_did_nothing_is_cancelled_at_once_and_one_that_did_is_abandoned() {
    let house = House::open().await;
    let gate = CancellationToken::new();
    let (fresh, begun) = (house.start_of("fresh", 1).await, house.start_of("begun", 1).await);
    let parts = vec![Part::of("first"), Part::of("second").behind(&gate), Part::of("third")];
    let shape = Shape::new("begun", parts);
    let gone = shape.worker(&house);
    house.see(begun, "in its second step", in_second).await;
    let known = house.operate(async |tx, cx| jobs::abandon(tx, cx, begun, "gone").await).await;
    assert!(matches!(known, Err(jobs::Error::WrongState(JobState::Running))), "{known:?}");
    let paused = house.operate(async |tx, cx| jobs::pause(tx, cx, begun, "deploy").await).await;
    paused.expect("it may be paused");
    gate.cancel();
    house.see(begun, "out of its second step", |s| s.steps[1].state == StepState::Done).await;
    gone.stop().await;
    // As if it had not been seen for long.
    house.as_admin("delete from usher_user.job_workers").await;
    let stranger = Shape::new("another", vec![]).worker(&house);
    for id in [fresh, begun] {
        house.see(id, "held", |s| s.held == Some(HeldFor::Workflow)).await;
    }
    for id in [fresh, begun] {
        house.operate(async |tx, cx| jobs::cancel(tx, cx, id).await).await.expect("cancelled");
    }
    assert_eq!(house.status_of(fresh).await.state, JobState::Cancelled);
    assert_eq!(house.status_of(begun).await.ended_at, None, "its work is not undone yet");
    let abandoned = house.operate(async |tx, cx| jobs::abandon(tx, cx, begun, "gone").await).await;
    abandoned.expect("it may be abandoned");
    assert_eq!(house.status_of(begun).await.state, JobState::Failed);
    stranger.stop().await;
    assert!(!shape.log.lines().iter().any(|line| line.starts_with("undo")));
}

fn in_second(status: &jobs::JobStatus) -> bool {
    status.steps.get(1).is_some_and(|step| step.state == StepState::Running)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_the_build_lacks_holds_the_run_and_costs_no_attempt() {
    let house = House::open().await;
    let gate = CancellationToken::new();
    let whole = Shape::new("shrunk", vec![Part::of("first"), Part::of("second").behind(&gate)]);
    let id = house.start_of("shrunk", 1).await;
    let killed = whole.worker(&house);
    house.see(id, "in its second step", in_second).await;
    drop(killed);
    let shrunk = Shape::new("shrunk", vec![Part::of("first")]).worker(&house);
    house.expire_leases().await;
    let held = house.see(id, "held", |s| s.held == Some(HeldFor::Step)).await;
    assert_eq!((held.failure, held.steps[1].attempts), (None, 1));
    shrunk.stop().await;
    gate.cancel();
    let again = whole.worker(&house);
    // The person need not wait for the next look.
    house.operate(async |tx, cx| jobs::retry(tx, cx, id).await).await.expect("hastened");
    let done = house.reach_of(id, JobState::Done).await;
    again.stop().await;
    assert_eq!((done.held, done.steps[1].attempts), (None, 2));
}
