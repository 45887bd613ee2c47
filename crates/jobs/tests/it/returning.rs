//! Runs of any shape that move to the history, and what of them comes back.

use std::time::Duration;

use jobs::{Await, Child, Error, Heard, JobState, Late, Turn, Verb, Whom};
use kernel::{JobId, Timestamp};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    house::House,
    shapes::{Part, Shape, worker},
    world::refused,
};

async fn archive(house: &House) -> u64 {
    jobs::archive(&house.db, Timestamp::from(jiff::Timestamp::MAX)).await.expect("moves")
}

async fn signal(house: &House, id: JobId, signal: &str) -> jobs::Result<Heard> {
    house
        .operate(async |tx, _| {
            jobs::signal(tx, Whom::Key("waits", "waits"), "paid", signal, &json!({"of": id})).await
        })
        .await
}

async fn verbs(house: &House, id: JobId) -> Vec<Verb> {
    let said = house.operate(async |tx, _| Ok(jobs::interventions(tx, id).await?)).await;
    said.expect("a list").into_iter().map(|one| one.verb).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_moved_begins_anew_with_its_signals_and_what_people_said() {
    let house = House::open().await;
    let wait = |_: &jobs::Attempt| {
        let limit = Duration::from_secs(3600);
        Turn::Signal(Await { name: "paid", limit, late: Late::Fails })
    };
    let shape = Shape::new("waits", vec![Part::of("wait").turn(wait), Part::of("last")]);
    let id = house.start_of("waits", 1).await;
    let worker = shape.worker(&house);
    assert_eq!(signal(&house, id, "1").await.expect("heard"), Heard::New);
    house.reach_of(id, JobState::Done).await;
    assert_eq!(archive(&house).await, 1);
    assert_eq!(signal(&house, id, "1").await.expect("a repeat"), Heard::Before);
    let late = signal(&house, id, "2").await;
    assert!(matches!(late, Err(Error::WrongState(JobState::Done))), "{late:?}");
    let edited = json!({"n": 2});
    let anew = house
        .operate(async |tx, cx| jobs::retry_from(tx, cx, id, "wait", Some(&edited)).await)
        .await;
    assert_eq!(anew.expect("it begins anew").was, JobState::Done);
    let done = house.see(id, "done again", |s| s.state == JobState::Done).await;
    worker.stop().await;
    assert_eq!(shape.log.count("do last"), 2);
    let last = "select output#>>'{input,n}' from usher_user.job_steps where name = 'last'";
    assert_eq!(house.text(last).await, "2");
    assert_eq!(archive(&house).await, 1);
    assert_eq!(house.status_of(id).await, done);
    assert_eq!(verbs(&house, id).await, [Verb::RetryFrom]);
}

/// A run whose first step is another run, and whose second waits at the gate and then fails once `failing`.
fn family(gate: &CancellationToken, failing: &CancellationToken) -> [Shape; 2] {
    let child = Shape::new("child", vec![Part::of("one"), Part::of("two")]);
    let turn = |_: &jobs::Attempt| Turn::Child(Child::of("child", 1, &json!({})).expect("JSON"));
    let fails = failing.clone();
    let after =
        move |_: &jobs::Attempt| if fails.is_cancelled() { Err(refused()) } else { Ok(json!({})) };
    let parts = vec![Part::of("child").turn(turn), Part::of("after").behind(gate).does(after)];
    [Shape::new("parent", parts), child]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_is_done_moves_with_its_parent_and_not_before() {
    let house = House::open().await;
    let gate = CancellationToken::new();
    let [parent, child] = family(&gate, &CancellationToken::new());
    let id = house.start_of("parent", 1).await;
    let worker = worker(&house, [parent.clone(), child]);
    let log = parent.log.clone();
    house.see(id, "after its child", |_| log.count("do after") == 1).await;
    assert_eq!(archive(&house).await, 0);
    gate.cancel();
    house.reach_of(id, JobState::Done).await;
    worker.stop().await;
    assert_eq!(archive(&house).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_moved_comes_back_to_take_back_what_it_did() {
    let house = House::open().await;
    let (gate, failing) = (CancellationToken::new(), CancellationToken::new());
    gate.cancel();
    let [parent, child] = family(&gate, &failing);
    let id = house.start_of("parent", 1).await;
    let worker = worker(&house, [parent, child.clone()]);
    house.reach_of(id, JobState::Done).await;
    assert_eq!(archive(&house).await, 2);
    failing.cancel();
    let anew =
        house.operate(async |tx, cx| jobs::retry_from(tx, cx, id, "after", None).await).await;
    anew.expect("it begins anew");
    house.reach_of(id, JobState::Failed).await;
    worker.stop().await;
    let undone: Vec<_> =
        child.log.lines().into_iter().filter(|line| line.starts_with("undo")).collect();
    assert_eq!(undone, ["undo two", "undo one"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_moved_gives_its_outputs_to_a_parent_that_asks_again() {
    let house = House::open().await;
    let gate = CancellationToken::new();
    gate.cancel();
    let [parent, child] = family(&gate, &CancellationToken::new());
    let id = house.start_of("parent", 1).await;
    let worker = worker(&house, [parent.clone(), child.clone()]);
    house.reach_of(id, JobState::Done).await;
    assert_eq!(archive(&house).await, 2);
    let anew =
        house.operate(async |tx, cx| jobs::retry_from(tx, cx, id, "child", None).await).await;
    anew.expect("it begins anew");
    house.reach_of(id, JobState::Done).await;
    worker.stop().await;
    assert_eq!((parent.log.count("do after"), child.log.count("do one")), (2, 1));
    let output = "select output#>>'{one,by}' from usher_user.job_steps where name = 'child'";
    assert_eq!(house.text(output).await, "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_did_is_known_as_long_as_the_run_is() {
    let house = House::open().await;
    let [old, young, unfinished] = [
        house.start_of("old", 1).await,
        house.start_of("young", 1).await,
        house.start_of("unfinished", 1).await,
    ];
    for id in [old, young, unfinished] {
        house.operate(async |tx, cx| jobs::pause(tx, cx, id, "why").await).await.expect("pauses");
    }
    for id in [old, young] {
        house.operate(async |tx, cx| jobs::resume(tx, cx, id).await).await.expect("resumes");
    }
    let shapes = ["old", "young"].map(|name| Shape::new(name, vec![Part::of("only")]));
    let worker = worker(&house, shapes);
    house.reach_of(old, JobState::Done).await;
    house.reach_of(young, JobState::Done).await;
    worker.stop().await;
    house
        .as_admin(
            "update usher_user.jobs set ended_at = '2020-01-15' where workflow = 'old';
             update usher_user.job_interventions set at = '2020-01-10'",
        )
        .await;
    assert_eq!(archive(&house).await, 2);
    assert_eq!(verbs(&house, old).await, [Verb::Pause, Verb::Resume]);
    jobs::retain(&house.db, Duration::from_secs(90 * 24 * 3600)).await.expect("retains");
    assert_eq!(verbs(&house, young).await, [Verb::Pause, Verb::Resume]);
    assert_eq!(verbs(&house, unfinished).await, [Verb::Pause]);
    let kept = "select count(*)::text from usher_user.job_interventions";
    assert_eq!(house.text(kept).await, "3", "those of the old run are gone");
}
