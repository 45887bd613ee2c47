//! A run goes on from step to step under one lease, and everything between two steps holds all the same.

use std::time::Duration;

use jobs::{ByHand, JobState, Limits, Pace, StepState};
use kernel::{JobId, TenantId};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    house::{House, quick, wait_for},
    world::{Fault, STEPS, Way, refused},
};

/// A run keeps its place to its end, however slow the machine.
fn lasting() -> Pace {
    Pace { tenure: Duration::MAX, ..quick() }
}

/// A run gives its place free after every step.
fn brief() -> Pace {
    Pace { tenure: Duration::ZERO, ..quick() }
}

/// How many leases were given out.
async fn leases(house: &House) -> String {
    house
        .text("select case when is_called then last_value else 0 end::text from usher_user.job_tokens")
        .await
}

/// Where the only lease stands, with its token.
async fn standing(house: &House) -> String {
    house.text("select going || ' ' || step || ' under ' || token from usher_user.job_leases").await
}

/// Takes the run `k`, whose first step is done then.
async fn first_step_done(house: &House) -> (JobId, ByHand) {
    let id = house.start("k").await;
    let worker = house.by_hand(lasting());
    assert!(worker.step().await.expect("takes it"));
    assert_eq!(
        standing(house).await,
        "forward 1 under 1",
        "the next step has begun with the commit"
    );
    (id, worker)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_done_under_one_lease_and_undone_under_another() {
    let house = House::open().await;
    let worker = house.worker(Limits::default(), lasting());
    house.start("done").await;
    let done = house.reach("done", JobState::Done).await;
    assert!(done.steps.iter().all(|step| step.state == StepState::Done && step.attempts == 1));
    assert!(done.steps.iter().all(|step| step.started_at.is_some() && step.ended_at.is_some()));
    assert_eq!(leases(&house).await, "1");
    house.world.plan("undone", "verify", Way::Do, Fault::After(refused().with_unknown_effect()));
    let job = house.start("undone").await;
    let undone = house.reach("undone", JobState::Failed).await;
    worker.stop().await;
    assert!(undone.steps.iter().all(|step| step.state == StepState::Undone), "{undone:#?}");
    assert_eq!(house.world.undone("undone"), ["verify", "token", "register"]);
    assert_eq!(house.world.standing(job), [""; 0]);
    assert_eq!(leases(&house).await, "3");
    house.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_time_is_up_gives_its_place_free_after_the_step() {
    let house = House::open().await;
    let worker = house.worker(Limits::default(), brief());
    house.start("k").await;
    let done = house.reach("k", JobState::Done).await;
    worker.stop().await;
    assert!(done.steps.iter().all(|step| step.attempts == 1), "{done:#?}");
    assert_eq!(leases(&house).await, "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_under_way_lets_no_step_begin_and_holds_nobody_up() {
    let house = House::open().await;
    let id = house.start("k").await;
    let worker = house.by_hand(lasting());
    let mut tx = house.db.tenant(house.tenant, "pause_sample").await.expect("a transaction");
    // Taken meanwhile: an operation that has locked the run is met at the end of the attempt.
    let gate = CancellationToken::new();
    house.world.plan("k", "register", Way::Do, Fault::CutOff(gate.clone()));
    let ended = {
        let attempt = worker.step();
        tokio::pin!(attempt);
        tokio::select! {
            _ = &mut attempt => panic!("it is cut off"),
            () = wait_for("the attempt is under way", async || house.world.cut_off() == 1) => {}
        }
        jobs::pause(&mut tx, &house.cx(), id, "look first").await.expect("it may be paused");
        gate.cancel();
        attempt.await
    };
    assert!(ended.expect("the end is written"));
    assert_eq!(standing(&house).await, "", "the lease was given up");
    tx.commit().await.expect("commits");
    while worker.step().await.expect("an answer") {}
    assert_eq!(house.world.calls("k", "token", Way::Do), 0);
    house.operate(async |tx, cx| jobs::resume(tx, cx, id).await).await.expect("it may be resumed");
    while worker.step().await.expect("an answer") {}
    assert_eq!(house.status("k").await.state, JobState::Done);
    assert!(STEPS.iter().all(|step| house.world.calls("k", step, Way::Do) == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_is_seen_between_two_steps() {
    let house = House::open().await;
    let (id, worker) = first_step_done(&house).await;
    house.operate(async |tx, cx| jobs::cancel(tx, cx, id).await).await.expect("cancelled");
    // The step that had begun ends well, and is the last.
    while worker.step().await.expect("an answer") {}
    assert_eq!(house.status("k").await.state, JobState::Cancelled);
    assert_eq!(house.world.calls("k", "verify", Way::Do), 0);
    assert_eq!(house.world.undone("k"), ["token", "register"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_is_seen_between_two_steps() {
    let house = House::open().await;
    let (id, worker) = first_step_done(&house).await;
    house.operate(async |tx, cx| jobs::pause(tx, cx, id, "look").await).await.expect("paused");
    while worker.step().await.expect("an answer") {}
    assert_eq!(house.world.calls("k", "token", Way::Do), 1, "it was under way");
    assert_eq!(house.world.calls("k", "verify", Way::Do), 0);
    let paused = house.status("k").await;
    assert_eq!((paused.state, paused.steps[1].state), (JobState::Running, StepState::Done));
    assert_eq!(standing(&house).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_stops_begins_no_further_step() {
    let house = House::open().await;
    let released = CancellationToken::new();
    house.world.plan("k", "token", Way::Do, Fault::CutOff(released.clone()));
    house.start("k").await;
    let worker = house.worker(Limits::default(), lasting());
    wait_for("the second step is under way", async || house.world.cut_off() == 1).await;
    assert_eq!(standing(&house).await, "forward 1 under 1");
    worker.ask_to_stop();
    released.cancel();
    worker.stop().await;
    assert_eq!(house.world.calls("k", "verify", Way::Do), 0);
    assert_eq!(house.status("k").await.steps[1].state, StepState::Done);
    let depth = jobs::depth(&house.db, house.clock.now()).await.expect("a depth");
    assert_eq!((depth.ready, depth.running), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_between_two_steps_costs_one_attempt() {
    let house = House::open().await;
    let (id, dead) = first_step_done(&house).await;
    drop(dead);
    let heir = house.by_hand(lasting());
    heir.take_up().await.expect("an answer");
    assert_eq!(standing(&house).await, "forward 1 under 1", "the lease has not run out");
    house.expire_leases().await;
    heir.take_up().await.expect("it is taken up");
    while heir.step().await.expect("an answer") {}
    let done = house.status_of(id).await;
    let attempts: Vec<_> = done.steps.iter().map(|step| step.attempts).collect();
    assert_eq!((done.state, attempts.as_slice()), (JobState::Done, [1, 2, 1].as_slice()));
    assert!(STEPS.iter().all(|step| house.world.calls("k", step, Way::Do) == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zombie_that_kept_its_lease_changes_nothing() {
    let house = House::open().await;
    let gate = CancellationToken::new();
    house.world.plan("k", "token", Way::Do, Fault::CutOff(gate.clone()));
    let id = house.start("k").await;
    let asleep = Pace { renew: Duration::from_secs(3600), ..lasting() };
    let zombie = house.worker(Limits::default(), asleep);
    wait_for("the second step is under way", async || house.world.cut_off() == 1).await;
    assert_eq!(standing(&house).await, "forward 1 under 1");
    // Its heir is held up in the same step under another lease.
    let held = CancellationToken::new();
    house.world.plan("k", "token", Way::Do, Fault::CutOff(held.clone()));
    zombie.ask_to_stop();
    house.expire_leases().await;
    let heir = house.worker(Limits::default(), lasting());
    wait_for("the heir is at it", async || house.world.cut_off() == 2).await;
    let before = (house.status_of(id).await, house.marks(id).await, standing(&house).await);
    gate.cancel();
    zombie.stop().await;
    let after = (house.status_of(id).await, house.marks(id).await, standing(&house).await);
    assert_eq!(before, after);
    assert_eq!(before.2, "forward 1 under 2");
    held.cancel();
    house.reach("k", JobState::Done).await;
    heir.stop().await;
    let marks = house.marks(id).await;
    assert_eq!(marks, ["register:recorded", "run:finished", "token:recorded", "verify:recorded"]);
}

/// What the end of the first step writes, by a commit whose answer never came.
const WRITTEN: &str = "update usher_user.job_leases set step = 1;
     update usher_user.job_steps set state = 'done', effect = 'unknown', output = '{\"by\": \"register\"}'
         where number = 0;
     update usher_user.job_steps set state = 'running', attempts = 1 where number = 1";

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_was_lost_is_found_and_the_run_goes_on() {
    let house = House::open().await;
    let gate = CancellationToken::new();
    house.world.plan("k", "register", Way::Do, Fault::CutOff(gate.clone()));
    let id = house.start("k").await;
    let worker = house.worker(Limits::default(), lasting());
    wait_for("the attempt is under way", async || house.world.cut_off() == 1).await;
    house.as_admin(WRITTEN).await;
    gate.cancel();
    let done = house.reach_of(id, JobState::Done).await;
    worker.stop().await;
    assert!(done.steps.iter().all(|step| step.attempts == 1), "{done:#?}");
    assert!(STEPS.iter().all(|step| house.world.calls("k", step, Way::Do) == 1));
    // What the lost answer was about is not recorded a second time.
    assert_eq!(house.marks(id).await, ["run:finished", "token:recorded", "verify:recorded"]);
    assert_eq!(leases(&house).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_keeps_its_place_delays_another_tenants_by_its_own_steps_at_most() {
    let house = House::open().await;
    let (big, gate) = (TenantId::from(Uuid::now_v7()), CancellationToken::new());
    house.world.plan("big 0", "register", Way::Do, Fault::CutOff(gate.clone()));
    for n in 0..10 {
        house.start_for(big, &format!("big {n}")).await;
    }
    let worker = house.worker(Limits { concurrency: 1, per_tenant: 1 }, lasting());
    wait_for("the big tenant is served", async || house.world.cut_off() == 1).await;
    house.start("small").await;
    gate.cancel();
    house.reach("small", JobState::Done).await;
    worker.stop().await;
    assert_eq!(house.world.claims_until("small"), STEPS.len() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_for_runs_that_keep_their_places() {
    let house = House::open().await;
    house.world.limit(3);
    let tenants = [(); 4].map(|()| TenantId::from(Uuid::now_v7()));
    for n in 0..40 {
        house.start_for(tenants[n % 4], &format!("run {n}")).await;
    }
    let limits = Limits { concurrency: 16, per_tenant: 2 };
    let workers = [(); 2].map(|()| house.worker(limits, lasting()));
    wait_for("all are served", async || house.world.order("verify").len() == 40).await;
    house.settle().await;
    for worker in workers {
        worker.stop().await;
    }
    assert!(house.world.most_in_all() <= 3 && house.world.most_at_once() <= 2);
    assert_eq!(leases(&house).await, "40");
}
