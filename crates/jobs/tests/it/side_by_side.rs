//! Steps side by side: each for itself, and one end for all.

use jobs::{JobState, StepState};
use tokio_util::sync::CancellationToken;

use crate::{
    house::{House, wait_for},
    shapes::{Part, Shape},
    world::refused,
};

#[tokio::test(flavor = "multi_thread")]
async fn steps_side_by_side_run_at_once_and_the_run_goes_on_after_the_last() {
    let house = House::open().await;
    let gate = CancellationToken::new();
    let mut parts = vec![Part::of("first")];
    parts.extend(["left", "middle", "right"].map(|name| Part::of(name).behind(&gate).beside(1)));
    parts.push(Part::of("last"));
    let shape = Shape::new("wide", parts);
    let id = house.start_of("wide", 1).await;
    let worker = shape.worker(&house);
    let begun = |name: &str| shape.log.count(&format!("do {name}"));
    wait_for("all three are under way", async || {
        ["left", "middle", "right"].iter().all(|name| begun(name) == 1)
    })
    .await;
    assert_eq!(begun("last"), 0);
    gate.cancel();
    let done = house.reach_of(id, JobState::Done).await;
    worker.stop().await;
    assert!(done.steps.iter().all(|step| step.state == StepState::Done && step.attempts == 1));
    assert_eq!(begun("last"), 1);
    assert_eq!(shape.log.count("finished with 5"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_one_waits_for_those_under_way_and_undoes_all_in_reverse() {
    let house = House::open().await;
    let gate = CancellationToken::new();
    let wide = |name| Part::of(name).beside(1);
    let parts = vec![
        Part::of("first"),
        wide("slow").behind(&gate),
        wide("bad").does(|_| Err(refused().with_unknown_effect())),
        wide("quick"),
        Part::of("last"),
    ];
    let shape = Shape::new("wide", parts);
    let id = house.start_of("wide", 1).await;
    let worker = shape.worker(&house);
    house
        .see(id, "failed beside", |s| {
            s.steps.len() == 5
                && s.steps[2].state == StepState::Failed
                && s.steps[3].state == StepState::Done
        })
        .await;
    assert_eq!(house.status_of(id).await.state, JobState::Running, "one is still under way");
    assert!(!shape.log.lines().iter().any(|line| line.starts_with("undo")));
    gate.cancel();
    let failed = house.reach_of(id, JobState::Failed).await;
    worker.stop().await;
    let undone: Vec<_> =
        shape.log.lines().into_iter().filter(|line| line.starts_with("undo")).collect();
    assert_eq!(undone, ["undo quick", "undo bad", "undo slow", "undo first"]);
    assert_eq!(failed.failure.expect("why").step, "bad");
    assert_eq!(shape.log.count("do last"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_with_steps_side_by_side_is_cancelled_and_tried_again() {
    let house = House::open().await;
    let gate = CancellationToken::new();
    let wide = |name| Part::of(name).beside(1).keeps();
    let parts = vec![wide("left"), wide("right").behind(&gate), Part::of("last")];
    let shape = Shape::new("wide", parts);
    let id = house.start_of("wide", 1).await;
    let worker = shape.worker(&house);
    house
        .see(id, "half done", |s| s.steps.first().is_some_and(|s| s.state == StepState::Done))
        .await;
    house.operate(async |tx, cx| jobs::cancel(tx, cx, id).await).await.expect("cancelled");
    gate.cancel();
    house.reach_of(id, JobState::Cancelled).await;
    assert_eq!(shape.log.count("do last"), 0);
    house.operate(async |tx, cx| jobs::retry(tx, cx, id).await).await.expect("tried again");
    house.reach_of(id, JobState::Done).await;
    worker.stop().await;
    assert_eq!(shape.log.count("do left"), 1, "what stands beside is not done again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_workers_steps_side_by_side_are_taken_up_each() {
    let house = House::open().await;
    let gate = CancellationToken::new();
    let parts = ["a", "b", "c", "d"].map(|name| Part::of(name).behind(&gate).beside(1));
    let shape = Shape::new("wide", parts.to_vec());
    let id = house.start_of("wide", 1).await;
    let killed = shape.worker(&house);
    wait_for("all are under way", async || shape.log.lines().len() == 4).await;
    drop(killed);
    gate.cancel();
    let heir = shape.worker(&house);
    house.expire_leases().await;
    let done = house.reach_of(id, JobState::Done).await;
    heir.stop().await;
    assert!(done.steps.iter().all(|step| step.attempts == 2), "{done:#?}");
    assert_eq!(shape.log.count("finished with 4"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_steps_that_end_at_once_have_one_last() {
    let house = House::open().await;
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut parts: Vec<_> = names.map(|name| Part::of(name).beside(1)).to_vec();
    parts.push(Part::of("last"));
    let shape = Shape::new("wide", parts);
    let workers = [shape.worker(&house), shape.worker(&house)];
    let mut runs = vec![];
    for n in 0..10 {
        let key = format!("run {n}");
        let started = house.operate(async |tx, cx| jobs::start(tx, cx, "wide", 1, &key, &n).await);
        runs.push(started.await.expect("starts").id());
    }
    for id in runs {
        house.reach_of(id, JobState::Done).await;
    }
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(shape.log.count("do last"), 10);
    assert_eq!(shape.log.count("finished with 9"), 10);
}
