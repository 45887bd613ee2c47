//! Waits for a time and for signals hold no worker, and miss nothing.

use std::time::Duration;

use jobs::{Await, Error, Heard, JobState, Late, StepState, Turn, Whom};
use kernel::{Clock, JobId, Timestamp};
use serde_json::json;

use crate::{
    house::House,
    shapes::{Part, Shape},
};

const HOUR: Duration = Duration::from_secs(3600);

fn clock() -> Clock {
    let instant: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    Clock::standing_at(Timestamp::from(instant))
}

fn waits(late: Late) -> Shape {
    let turn = move |_: &jobs::Attempt| {
        Turn::Signal(Await { name: "paid", limit: HOUR, late: late.clone() })
    };
    Shape::new("waits", vec![Part::of("first"), Part::of("wait").turn(turn), Part::of("last")])
}

async fn signal(house: &House, id: JobId, name: &str, signal: &str) -> jobs::Result<Heard> {
    let payload = json!({"id": signal});
    house.operate(async |tx, _| jobs::signal(tx, Whom::Job(id), name, signal, &payload).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_a_time_ends_then_and_holds_no_lease() {
    let house = House::open_at(clock()).await;
    let shape =
        Shape::new("later", vec![Part::of("wait").turn(|_| Turn::For(HOUR)), Part::of("after")]);
    let id = house.start_of("later", 1).await;
    let worker = shape.worker(&house);
    let waiting = house.reach_of(id, JobState::Waiting).await;
    assert_eq!(waiting.steps[0].waits_for.as_deref(), Some("time"));
    let depth = jobs::depth(&house.db, house.clock.now()).await.expect("a depth");
    assert_eq!((depth.ready, depth.waiting, depth.running), (0, 1, 0));
    // Looked at too early, it waits for the same time as before.
    house.clock.advance(HOUR / 2);
    house.operate(async |tx, cx| jobs::retry(tx, cx, id).await).await.expect("hastened");
    let due = waiting.steps[0].next_attempt_at;
    house.see(id, "waiting again", |s| s.steps[0].next_attempt_at == due).await;
    assert_eq!(shape.log.count("do after"), 0);
    house.clock.advance(HOUR / 2);
    house.reach_of(id, JobState::Done).await;
    worker.stop().await;
    assert_eq!(shape.log.lines(), ["do after", "finished with 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_the_wait_with_its_payload() {
    let house = House::open_at(clock()).await;
    let shape = waits(Late::Fails);
    let id = house.start_of("waits", 1).await;
    let worker = shape.worker(&house);
    house.see(id, "waiting", |s| s.state == JobState::Waiting).await;
    assert_eq!(signal(&house, id, "other", "1").await.expect("heard"), Heard::New);
    assert_eq!(signal(&house, id, "paid", "2").await.expect("heard"), Heard::New);
    house.reach_of(id, JobState::Done).await;
    assert_eq!(signal(&house, id, "paid", "2").await.expect("a repeat"), Heard::Before);
    let reused = signal(&house, id, "other", "2").await;
    assert!(matches!(reused, Err(Error::SignalReused)), "{reused:?}");
    let late = signal(&house, id, "paid", "3").await;
    assert!(matches!(late, Err(Error::WrongState(JobState::Done))), "{late:?}");
    worker.stop().await;
    let output =
        house.text("select output->>'id' from usher_user.job_steps where name = 'wait'").await;
    assert_eq!(output, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_that_comes_before_its_wait_is_kept_and_the_oldest_is_taken_first() {
    let house = House::open_at(clock()).await;
    let shape = waits(Late::Fails);
    let id = house.start_of("waits", 1).await;
    for number in ["a", "b"] {
        signal(&house, id, "paid", number).await.expect("kept");
    }
    let payload = json!({"id": "a"});
    let by_key = house.operate(async |tx, _| {
        jobs::signal(tx, Whom::Key("waits", "waits"), "paid", "a", &payload).await
    });
    assert_eq!(by_key.await.expect("a repeat"), Heard::Before);
    let nobody = house.operate(async |tx, _| {
        jobs::signal(tx, Whom::Key("waits", "nobody"), "paid", "a", &payload).await
    });
    assert!(matches!(nobody.await, Err(Error::UnknownJob)));
    let worker = shape.worker(&house);
    house.reach_of(id, JobState::Done).await;
    worker.stop().await;
    let output =
        house.text("select output->>'id' from usher_user.job_steps where name = 'wait'").await;
    assert_eq!(output, "a");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_in_vain_fails_and_undoes_or_goes_on_as_it_says() {
    for (late, end) in [(Late::Fails, JobState::Failed), (Late::Done(json!({})), JobState::Done)] {
        let house = House::open_at(clock()).await;
        let shape = waits(late);
        let id = house.start_of("waits", 1).await;
        let worker = shape.worker(&house);
        house.reach_of(id, JobState::Waiting).await;
        house.clock.advance(HOUR);
        let status = house.reach_of(id, end).await;
        worker.stop().await;
        assert_eq!(shape.log.count("undo first"), usize::from(end == JobState::Failed));
        assert_eq!(shape.log.count("undo wait"), 0, "a wait has nothing to undo");
        let reason = status.failure.map(|failure| failure.reason);
        assert_eq!(reason.as_deref(), (end == JobState::Failed).then_some("signal_missing"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signals_and_waits_that_race_lose_nothing() {
    let house = House::open().await;
    let shape = waits(Late::Fails);
    let worker = shape.worker(&house);
    let mut runs = vec![];
    for n in 0..40 {
        let key = format!("run {n}");
        let input = json!({"n": n});
        let started =
            house.operate(async |tx, cx| jobs::start(tx, cx, "waits", 1, &key, &input).await);
        let id = started.await.expect("starts").id();
        signal(&house, id, "paid", "x").await.expect("heard");
        runs.push(id);
    }
    for id in runs {
        let done = house.reach_of(id, JobState::Done).await;
        assert_eq!(done.steps[1].attempts, 1, "a wait costs no attempts");
    }
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_wait_takes_its_signal_once_resumed_and_again_when_begun_anew() {
    let house = House::open_at(clock()).await;
    let shape = waits(Late::Fails);
    let id = house.start_of("waits", 1).await;
    let worker = shape.worker(&house);
    house.reach_of(id, JobState::Waiting).await;
    house.operate(async |tx, cx| jobs::pause(tx, cx, id, "wait").await).await.expect("paused");
    signal(&house, id, "paid", "early").await.expect("kept");
    assert_eq!(house.status_of(id).await.steps[1].state, StepState::Waiting);
    house.operate(async |tx, cx| jobs::resume(tx, cx, id).await).await.expect("resumed");
    house.reach_of(id, JobState::Done).await;
    let again =
        house.operate(async |tx, cx| jobs::retry_from(tx, cx, id, "wait", None).await).await;
    again.expect("it may be begun anew");
    house.see(id, "done again", |_| shape.log.count("finished with 3") == 2).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_not_needed_is_skipped_with_its_reason_and_never_undone() {
    let house = House::open().await;
    let skips = |_: &jobs::Attempt| Turn::Skip("the client has a workspace".into());
    let fails = |_: &jobs::Attempt| Err(crate::world::refused());
    let shape = Shape::new(
        "branches",
        vec![Part::of("first"), Part::of("not").turn(skips), Part::of("last").does(fails)],
    );
    let id = house.start_of("branches", 1).await;
    let worker = shape.worker(&house);
    let failed = house.reach_of(id, JobState::Failed).await;
    worker.stop().await;
    assert_eq!(failed.steps[1].state, StepState::Skipped);
    assert_eq!(failed.steps[1].message.as_deref(), Some("the client has a workspace"));
    let log = shape.log.lines();
    assert_eq!(log, ["do first", "do last", "undo first", "failed at last with token_refused"]);
}
