//! What people may do to a run, and where they may not.

use std::{sync::Arc, time::Duration};

use jobs::{Error, JobState, Limits, StepState, Verb, Workflow};
use kernel::{Clock, JobId, Timestamp};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    house::{House, quick, wait_for},
    shapes::{Part, Shape},
    world::{Fault, STEPS, Way, away, refused},
};

fn standing_clock() -> (Clock, Timestamp) {
    let instant: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let start = Timestamp::from(instant);
    (Clock::standing_at(start), start)
}

async fn skip(house: &House, id: JobId, step: &str) -> jobs::Result<()> {
    skip_because(house, id, step, "done by phone").await
}

async fn skip_because(house: &House, id: JobId, step: &str, reason: &str) -> jobs::Result<()> {
    let known: [Arc<dyn Workflow>; 1] = [Arc::new(house.world.workflow())];
    let skipped = house.operate(async |tx, cx| {
        jobs::skip_step(tx, cx, id, step, &json!({}), reason, &known).await
    });
    skipped.await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_run_makes_no_further_attempt_and_goes_on_where_it_was() {
    let house = House::open().await;
    let gate = CancellationToken::new();
    house.world.plan("k", "register", Way::Do, Fault::CutOff(gate.clone()));
    let id = house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    wait_for("the attempt is under way", async || house.world.cut_off() == 1).await;
    let paused = house.operate(async |tx, cx| jobs::pause(tx, cx, id, "look first").await).await;
    let paused = paused.expect("it may be paused");
    assert_eq!(
        (paused.verb, paused.was, paused.key.as_str()),
        (Verb::Pause, JobState::Running, "k")
    );
    gate.cancel();
    let status = house.see(id, "registered", |s| s.steps[0].state == StepState::Done).await;
    assert!(status.paused_by.is_some(), "{status:#?}");
    // A run that is started later is done meanwhile: the worker takes what it may.
    house.start("other").await;
    house.reach("other", JobState::Done).await;
    assert_eq!(house.world.calls("k", "token", Way::Do), 0);
    house.operate(async |tx, cx| jobs::resume(tx, cx, id).await).await.expect("it may be resumed");
    let done = house.reach("k", JobState::Done).await;
    worker.stop().await;
    assert_eq!(done.paused_by, None);
    let said = house.operate(async |tx, _| Ok(jobs::interventions(tx, id).await?)).await;
    let said: Vec<_> =
        said.expect("a list").into_iter().map(|one| (one.verb, one.reason)).collect();
    assert_eq!(said, [(Verb::Pause, Some("look first".into())), (Verb::Resume, None)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_keeps_the_time_of_the_next_attempt() {
    let (clock, start) = standing_clock();
    let house = House::open_at(clock.clone()).await;
    let later = away().retry_after(Some(Duration::from_secs(120)));
    house.world.plan("k", "token", Way::Do, Fault::Before(later));
    let id = house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    house.reach("k", JobState::Waiting).await;
    house.operate(async |tx, cx| jobs::pause(tx, cx, id, "wait").await).await.expect("paused");
    clock.advance(Duration::from_secs(60));
    house.operate(async |tx, cx| jobs::resume(tx, cx, id).await).await.expect("resumed");
    let depth = jobs::depth(&house.db, clock.now()).await.expect("a depth");
    assert_eq!((depth.ready, depth.waiting), (0, 1), "a minute is still missing");
    let due = house.status("k").await.steps[1].next_attempt_at;
    assert_eq!(due, Some(start.after(Duration::from_secs(120))));
    clock.advance(Duration::from_secs(60));
    house.reach("k", JobState::Done).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_run_may_be_cancelled() {
    let house = House::open().await;
    let id = house.start("k").await;
    house.operate(async |tx, cx| jobs::pause(tx, cx, id, "wait").await).await.expect("paused");
    house.operate(async |tx, cx| jobs::cancel(tx, cx, id).await).await.expect("cancelled");
    let worker = house.worker(Limits::default(), quick());
    house.reach("k", JobState::Cancelled).await;
    worker.stop().await;
    assert_eq!(house.world.calls("k", "register", Way::Do), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_run_begins_anew_from_a_step_with_an_edited_input() {
    let house = House::open().await;
    let keys = crate::shapes::Log::default();
    let noted = keys.clone();
    let noting = move |at: &jobs::Attempt| {
        noted.add(at.idempotency_key.clone());
        Ok(json!(at.input))
    };
    let shape = Shape::new(
        "anew",
        vec![Part::of("first"), Part::of("second").does(noting), Part::of("third")],
    );
    let id = house.start_of("anew", 1).await;
    let worker = shape.worker(&house);
    house.reach_of(id, JobState::Done).await;
    let edited = json!({"n": 2});
    let again =
        house.operate(async |tx, cx| jobs::retry_from(tx, cx, id, "second", Some(&edited)).await);
    assert_eq!(again.await.expect("it may begin anew").input, Some(edited));
    house.see(id, "done again", |_| shape.log.count("finished with 3") == 2).await;
    assert_eq!(shape.log.count("do first"), 1);
    assert_eq!(shape.log.count("do third"), 2);
    assert_eq!(keys.lines(), [format!("{id}/second"), format!("{id}/second/1")]);
    // The edited input is kept beside the first, by which a repeated start is still known.
    assert_eq!(house.start_of("anew", 1).await, id);
    let said = house.operate(async |tx, _| Ok(jobs::interventions(tx, id).await?)).await;
    assert_eq!(said.expect("a list")[0].input, Some(json!({"n": 2})));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_not_begun_anew_over_an_earlier_step_that_does_not_stand() {
    let house = House::open().await;
    house.world.plan("k", "verify", Way::Do, Fault::Before(refused()));
    let id = house.start("k").await;
    let from = async |step: &'static str| {
        house.operate(async |tx, cx| jobs::retry_from(tx, cx, id, step, None).await).await
    };
    let early = from("register").await;
    assert!(matches!(early, Err(Error::WrongState(JobState::Queued))), "{early:?}");
    let worker = house.worker(Limits::default(), quick());
    house.reach("k", JobState::Failed).await;
    let gap = from("verify").await;
    assert!(matches!(&gap, Err(Error::EarlierStep(step)) if step == "register"), "{gap:?}");
    assert!(matches!(from("nothing").await, Err(Error::UnknownStep)));
    from("register").await.expect("the first may be begun anew");
    house.reach("k", JobState::Done).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_waits_may_be_taken_as_done() {
    let house = House::open().await;
    let later = away().retry_after(Some(Duration::from_secs(3600)));
    for step in ["token", "verify"] {
        house.world.plan("k", step, Way::Do, Fault::Before(later.clone()));
    }
    let id = house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    house.reach("k", JobState::Waiting).await;
    let wrong = skip(&house, id, "verify").await;
    assert!(matches!(wrong, Err(Error::WrongStep(StepState::Pending))), "{wrong:?}");
    let silent = skip_because(&house, id, "token", " ").await;
    assert!(matches!(silent, Err(Error::Reason)));
    let strange = house.operate(async |tx, cx| {
        jobs::skip_step(tx, cx, id, "token", &json!({}), "done by phone", &[]).await
    });
    assert!(matches!(strange.await, Err(Error::UnknownCode)));
    house.world.refuse_skip("k", "token");
    let refused = skip(&house, id, "token").await;
    assert!(matches!(refused, Err(Error::SkipRefused(_))), "{refused:?}");
    skip(&house, id, "token").await.expect("it may be skipped");
    house.see(id, "waiting at the last", |s| s.steps[2].state == StepState::Waiting).await;
    // The last step too: then nothing is left, and the run is done.
    skip(&house, id, "verify").await.expect("it may be skipped");
    let done = house.reach("k", JobState::Done).await;
    worker.stop().await;
    assert_eq!(done.steps[1].state, StepState::Skipped);
    assert_eq!(done.steps[1].message.as_deref(), Some("done by phone"));
    assert!(done.steps[1].detail.as_deref().is_some_and(|text| text.contains("service:test")));
    let marks = house.marks(id).await;
    assert_eq!(marks, ["register:recorded", "run:finished", "token:skipped", "verify:skipped"]);
    let late = skip(&house, id, "token").await;
    assert!(matches!(late, Err(Error::WrongState(JobState::Done))), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_failed_may_be_taken_as_done_where_the_others_stand() {
    let house = House::open().await;
    house.world.keep("k");
    house.world.plan("k", "token", Way::Do, Fault::Before(refused()));
    let id = house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    house.reach("k", JobState::Failed).await;
    skip(&house, id, "token").await.expect("it may be skipped");
    let done = house.reach("k", JobState::Done).await;
    worker.stop().await;
    assert_eq!(done.failure, None);
    assert_eq!(STEPS.map(|step| house.world.calls("k", step, Way::Do)), [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_was_taken_back_after_it_failed_may_be_taken_as_done() {
    let house = House::open().await;
    house.world.plan("k", "register", Way::Do, Fault::After(refused().with_unknown_effect()));
    let id = house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    let failed = house.reach("k", JobState::Failed).await;
    assert_eq!(failed.steps[0].state, StepState::Undone);
    skip(&house, id, "register").await.expect("it may be skipped");
    house.reach("k", JobState::Done).await;
    worker.stop().await;
    assert_eq!(STEPS.map(|step| house.world.calls("k", step, Way::Do)), [1, 1, 1]);
}

/// A run whose undo of `token` fails for good.
async fn stuck(house: &House) -> JobId {
    house.world.plan("k", "verify", Way::Do, Fault::Before(refused()));
    house.world.plan("k", "token", Way::Undo, Fault::Before(refused()));
    let id = house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    house.reach("k", JobState::Stuck).await;
    worker.stop().await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_undo_may_be_taken_as_made() {
    let house = House::open().await;
    let id = stuck(&house).await;
    let undone = async |step: &'static str| {
        house
            .operate(async |tx, cx| jobs::mark_undone(tx, cx, id, step, "removed by hand").await)
            .await
    };
    let other = undone("register").await;
    assert!(matches!(other, Err(Error::WrongStep(StepState::Done))), "{other:?}");
    undone("token").await.expect("it may be taken as undone");
    let worker = house.worker(Limits::default(), quick());
    let failed = house.reach("k", JobState::Failed).await;
    worker.stop().await;
    assert_eq!(house.world.undone("k"), ["token", "register"], "the rest is undone by the worker");
    assert_eq!(failed.steps[1].message.as_deref(), Some("removed by hand"));
    assert_eq!(failed.failure.expect("why it turned").reason, "token_refused");
    let again = undone("token").await;
    assert!(matches!(again, Err(Error::WrongState(JobState::Failed))), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_run_may_be_abandoned_and_no_other() {
    let house = House::open().await;
    let id = stuck(&house).await;
    let abandon = async |id: JobId| {
        house.operate(async |tx, cx| jobs::abandon(tx, cx, id, "the backend is gone").await).await
    };
    let whole = house.start("whole").await;
    let wrong = abandon(whole).await;
    assert!(matches!(wrong, Err(Error::WrongState(JobState::Queued))), "{wrong:?}");
    let done = abandon(id).await.expect("it may be abandoned");
    assert_eq!((done.verb, done.was), (Verb::Abandon, JobState::Stuck));
    let ended = house.status("k").await;
    assert_eq!((ended.state, ended.ended_at.is_some()), (JobState::Failed, true));
    assert_eq!(house.world.standing(id), ["register", "token"], "what stands outside stands");
    let not_paused = house.operate(async |tx, cx| jobs::resume(tx, cx, id).await).await;
    assert!(matches!(not_paused, Err(Error::NotPaused)));
    let ended = house.operate(async |tx, cx| jobs::pause(tx, cx, id, "late").await).await;
    assert!(matches!(ended, Err(Error::WrongState(JobState::Failed))));
}
