//! What the domain may refuse, and what an undo may leave standing.

use jobs::{JobState, Limits, StepError, StepState};

use crate::{
    house::{House, quick},
    world::{Fault, STEPS, Way, refused},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_for_a_moment_does_not_make_a_step_act_twice() {
    let house = House::open().await;
    let away = StepError::from(pg::Error::Unavailable(sqlx::Error::PoolTimedOut));
    house.world.plan("k", "token", Way::Do, Fault::Unrecorded(away));
    let job = house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    let done = house.reach("k", JobState::Done).await;
    worker.stop().await;
    assert_eq!(house.world.calls("k", "token", Way::Do), 1);
    assert_eq!(done.steps[1].attempts, 1);
    assert_eq!(house.marks(job).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_the_domain_refuses_for_good_turns_the_run_at_that_step() {
    let house = House::open().await;
    house.world.plan("k", "token", Way::Do, Fault::Unrecorded(refused()));
    let job = house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    house.reach("k", JobState::Failed).await;
    worker.stop().await;
    assert_eq!(house.world.undone("k"), ["token", "register"], "it had acted");
    assert_eq!(house.marks(job).await, ["register:recorded", "run:failed token_refused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_end_the_domain_goes_on_refusing_is_stuck_until_it_does_not() {
    let house = House::open().await;
    house.world.plan("k", "register", Way::Do, Fault::Before(refused()));
    house.world.refuse_end("k");
    let job = house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    let stuck = house.reach("k", JobState::Stuck).await;
    assert_eq!(stuck.steps[0].state, StepState::Stuck);
    house.world.accept_ends();
    let mut tx = house.db.tenant(house.tenant, "retry_sample").await.expect("a transaction");
    jobs::retry(&mut tx, &house.cx(), job).await.expect("it may be tried again");
    tx.commit().await.expect("commits");
    house.reach("k", JobState::Failed).await;
    worker.stop().await;
    assert_eq!(house.marks(job).await, ["run:failed token_refused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_keeps_its_work_goes_on_by_hand_from_the_step_that_failed() {
    let house = House::open().await;
    house.world.keep("k");
    house.world.plan("k", "verify", Way::Do, Fault::After(refused().with_unknown_effect()));
    let job = house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    let failed = house.reach("k", JobState::Failed).await;
    let states: Vec<_> = failed.steps.iter().map(|step| step.state).collect();
    assert_eq!(states, [StepState::Done, StepState::Done, StepState::Failed]);
    assert_eq!(failed.current().expect("a step failed").reason.as_deref(), Some("token_refused"));
    let mut tx = house.db.tenant(house.tenant, "retry_sample").await.expect("a transaction");
    jobs::retry(&mut tx, &house.cx(), job).await.expect("it may be tried again");
    tx.commit().await.expect("commits");
    house.reach("k", JobState::Done).await;
    worker.stop().await;
    let calls = STEPS.map(|step| house.world.calls("k", step, Way::Do));
    assert_eq!(calls, [1, 1, 2]);
}
