//! Runs that start runs: their ends, failures and cancellations meet.

use jobs::{Child, JobState, Turn};
use kernel::JobId;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    house::House,
    shapes::{Part, Shape, worker},
    world::refused,
};

/// A run whose second step is another run.
fn parent(last: Part) -> Shape {
    let turn = |_: &jobs::Attempt| {
        Turn::Child(Child::of("child", 1, &json!({"for": "parent"})).expect("JSON"))
    };
    Shape::new("parent", vec![Part::of("before"), Part::of("child").turn(turn), last])
}

async fn child_of(house: &House, id: JobId) -> JobId {
    let seen =
        |status: &jobs::JobStatus| status.steps.get(1).is_some_and(|step| step.waits_for.is_some());
    let status = house.see(id, "waiting for its child", seen).await;
    let waits_for = status.steps[1].waits_for.clone().expect("a child");
    JobId::parse(waits_for.strip_prefix("job ").expect("a job")).expect("an id")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_waits_for_its_child_and_is_given_its_outputs() {
    let house = House::open().await;
    let gate = CancellationToken::new();
    let child = Shape::new("child", vec![Part::of("work").behind(&gate)]);
    let parent = parent(Part::of("after").does(|at| Ok(at.outputs["child"].clone())));
    let id = house.start_of("parent", 1).await;
    let worker = worker(&house, [parent, child]);
    let started = child_of(&house, id).await;
    assert_eq!(house.status_of(started).await.parent, Some(id));
    gate.cancel();
    house.reach_of(id, JobState::Done).await;
    worker.stop().await;
    let output = house
        .text("select output#>>'{work,input,for}' from usher_user.job_steps where name = 'after'");
    assert_eq!(output.await, "parent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_fails_fails_its_parent_and_another_try_tries_it_again() {
    let house = House::open().await;
    let mended = CancellationToken::new();
    let whole = mended.clone();
    let code = move |_: &jobs::Attempt| {
        if whole.is_cancelled() { Ok(json!({})) } else { Err(refused()) }
    };
    let child = Shape::new("child", vec![Part::of("work").does(code)]);
    let parent = parent(Part::of("after"));
    let log = parent.log.clone();
    let id = house.start_of("parent", 1).await;
    let worker = worker(&house, [parent, child.clone()]);
    let failed = house.reach_of(id, JobState::Failed).await;
    let why = failed.failure.expect("why");
    assert_eq!((why.step.as_str(), why.reason.as_str()), ("child", "child_failed"));
    assert!(why.operator.contains("401"), "{}", why.operator);
    assert_eq!(log.count("undo before"), 1);
    mended.cancel();
    house.operate(async |tx, cx| jobs::retry(tx, cx, id).await).await.expect("tried again");
    house.reach_of(id, JobState::Done).await;
    worker.stop().await;
    assert_eq!(child.log.count("do work"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_that_is_cancelled_waits_until_its_child_has_taken_back_its_work() {
    let house = House::open().await;
    let never = CancellationToken::new();
    let child = Shape::new(
        "child",
        vec![
            Part::of("work"),
            Part::of("hang")
                .turn(|_| Turn::For(std::time::Duration::from_secs(3600)))
                .behind(&never),
        ],
    );
    let mut parent = parent(Part::of("after"));
    // One log, so that the order between the two is seen.
    parent.log = child.log.clone();
    let id = house.start_of("parent", 1).await;
    let worker = worker(&house, [parent, child.clone()]);
    let started = child_of(&house, id).await;
    house.reach_of(started, JobState::Waiting).await;
    house.operate(async |tx, cx| jobs::cancel(tx, cx, id).await).await.expect("cancelled");
    house.reach_of(id, JobState::Cancelled).await;
    worker.stop().await;
    assert_eq!(house.status_of(started).await.state, JobState::Cancelled);
    let undone: Vec<_> =
        child.log.lines().into_iter().filter(|line| line.starts_with("undo")).collect();
    assert_eq!(undone, ["undo work", "undo before"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_that_turns_later_takes_back_a_child_that_is_done() {
    let house = House::open().await;
    let child = Shape::new("child", vec![Part::of("one"), Part::of("two")]);
    let mut parent = parent(Part::of("after").does(|_| Err(refused())));
    parent.log = child.log.clone();
    let id = house.start_of("parent", 1).await;
    let worker = worker(&house, [parent, child.clone()]);
    house.reach_of(id, JobState::Failed).await;
    worker.stop().await;
    let undone: Vec<_> =
        child.log.lines().into_iter().filter(|line| line.starts_with("undo")).collect();
    assert_eq!(undone, ["undo two", "undo one", "undo before"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_is_cancelled_by_hand_fails_its_parent() {
    let house = House::open().await;
    let never = CancellationToken::new();
    let child = Shape::new(
        "child",
        vec![
            Part::of("work")
                .turn(|_| Turn::For(std::time::Duration::from_secs(3600)))
                .behind(&never),
        ],
    );
    let parent = parent(Part::of("after"));
    let id = house.start_of("parent", 1).await;
    let worker = worker(&house, [parent, child]);
    let started = child_of(&house, id).await;
    house.reach_of(started, JobState::Waiting).await;
    house.operate(async |tx, cx| jobs::cancel(tx, cx, started).await).await.expect("cancelled");
    let failed = house.reach_of(id, JobState::Failed).await;
    worker.stop().await;
    assert_eq!(failed.failure.expect("why").reason, "child_failed");
}
