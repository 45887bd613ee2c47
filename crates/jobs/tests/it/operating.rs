//! Waiting for the time the other side asked for, and what a person does about runs that ended badly.

use std::time::Duration;

use jobs::{JobState, Limits, StepState};
use kernel::{Clock, PageSize, Timestamp};

use crate::{
    house::{House, quick},
    world::{Fault, STEPS, Way, away, refused},
};

async fn retry(house: &House, key: &str) -> jobs::Result<()> {
    let id = house.status(key).await.id;
    let mut tx = house.db.tenant(house.tenant, "retry_sample").await.expect("a transaction");
    jobs::retry(&mut tx, &house.cx(), id).await?;
    tx.commit().await.expect("commits");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pause_that_the_other_side_asks_for_is_kept() {
    let instant: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    let start = Timestamp::from(instant);
    let clock = Clock::standing_at(start);
    let house = House::open_at(clock.clone()).await;
    let later = away().retry_after(Some(Duration::from_secs(120)));
    house.world.plan("k", "token", Way::Do, Fault::Before(later));
    house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    let waiting = house.reach("k", JobState::Waiting).await;
    let token = waiting.current().expect("a step waits");
    assert_eq!(
        (token.name.as_str(), token.state, token.attempts),
        ("token", StepState::Waiting, 1)
    );
    assert_eq!(token.next_attempt_at, Some(start.after(Duration::from_secs(120))));
    assert_eq!(token.message.as_deref(), Some("The other side is away."));
    clock.advance(Duration::from_secs(119));
    let depth = jobs::depth(&house.db, clock.now()).await.expect("a depth");
    assert_eq!((depth.ready, depth.waiting), (0, 1), "a second is still missing");
    assert!(jobs::idle(&house.db, clock.now()).await.expect("an answer"));
    clock.advance(Duration::from_secs(1));
    let done = house.reach("k", JobState::Done).await;
    worker.stop().await;
    assert_eq!(done.steps[1].reason, None, "a step that is done has no failure");
    assert_eq!(house.world.calls("k", "token", Way::Do), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_run_is_tried_at_once_on_request() {
    let house = House::open().await;
    let later = away().retry_after(Some(Duration::from_secs(3600)));
    house.world.plan("k", "token", Way::Do, Fault::Before(later));
    house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    house.reach("k", JobState::Waiting).await;
    retry(&house, "k").await.expect("it may be hastened");
    house.reach("k", JobState::Done).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_goes_on_by_hand_from_what_does_not_stand() {
    let house = House::open().await;
    house.world.plan("k", "verify", Way::Do, Fault::Before(refused()));
    let job = house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    house.reach("k", JobState::Failed).await;
    assert_eq!(house.world.standing(job), [""; 0]);
    retry(&house, "k").await.expect("it may be tried again");
    let done = house.reach("k", JobState::Done).await;
    worker.stop().await;
    assert!(done.steps.iter().all(|step| step.attempts == 1), "{done:#?}");
    assert_eq!((done.failure, house.world.standing(job).as_slice()), (None, STEPS.as_slice()));
    let refused = retry(&house, "k").await;
    assert!(matches!(refused, Err(jobs::Error::WrongState(JobState::Done))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_that_fails_for_good_leaves_the_run_stuck_for_a_person() {
    let house = House::open().await;
    house.world.plan("k", "verify", Way::Do, Fault::Before(refused()));
    house.world.plan("k", "token", Way::Undo, Fault::Before(refused()));
    let job = house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    let stuck = house.reach("k", JobState::Stuck).await;
    assert_eq!(stuck.steps[1].state, StepState::Stuck);
    assert_eq!(house.world.standing(job), ["register", "token"]);
    assert_eq!(jobs::depth(&house.db, house.clock.now()).await.expect("a depth").stuck, 1);
    retry(&house, "k").await.expect("the undo may be tried again");
    house.reach("k", JobState::Failed).await;
    worker.stop().await;
    assert_eq!(house.world.standing(job), [""; 0]);
    let marks = house.marks(job).await;
    let ends: Vec<_> = marks.iter().filter(|mark| mark.starts_with("run:")).collect();
    assert_eq!(ends, ["run:failed token_refused", "run:stuck token_refused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_listed_newest_first_by_state_and_page() {
    let house = House::open().await;
    for n in 0..5 {
        house.start(&format!("run {n}")).await;
    }
    let mut tx = house.db.tenant(house.tenant, "list_samples").await.expect("a transaction");
    let page = jobs::list(&mut tx, Some(JobState::Queued), None, PageSize::from_wire(3));
    let page = page.await.expect("a page");
    let keys: Vec<_> = page.items.iter().map(|run| run.key.as_str()).collect();
    assert_eq!(keys, ["run 4", "run 3", "run 2"]);
    let before = kernel::JobId::parse(&page.next.expect("more follow")).expect("a cursor");
    let rest =
        jobs::list(&mut tx, None, Some(before), PageSize::from_wire(3)).await.expect("a page");
    assert_eq!((rest.items.len(), rest.next), (2, None));
    let none = jobs::list(&mut tx, Some(JobState::Stuck), None, PageSize::from_wire(3)).await;
    assert!(none.expect("a page").items.is_empty());
}
