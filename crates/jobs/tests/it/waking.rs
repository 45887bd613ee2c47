//! A worker that polls once an hour hears of work from another process at once.

use std::{sync::Arc, time::Duration};

use jobs::{JobState, Limits, Pace, Worker, Workflow};
use tokio_util::sync::CancellationToken;

use crate::{
    house::{House, Running, quick, wait_for},
    shapes::{Part, Shape},
    world::{Fault, Way},
};

fn asleep() -> Pace {
    let hour = Duration::from_secs(3600);
    Pace { poll_min: hour, poll_max: hour, ..quick() }
}

/// A worker of this process that has one place, which is taken.
async fn full(house: &House) -> (Running, CancellationToken) {
    let released = CancellationToken::new();
    house.world.plan("first", "register", Way::Do, Fault::CutOff(released.clone()));
    let one = Limits { concurrency: 1, per_tenant: 8 };
    let worker = house.worker_on(house.db.clone(), one, asleep());
    house.start("first").await;
    wait_for("its place is taken", async || house.world.cut_off() == 1).await;
    (worker, released)
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_one_process_has_no_place_for_wakes_another() {
    let house = House::open().await;
    let (worker, released) = full(&house).await;
    let other = house.worker(Limits::default(), asleep());
    for key in ["second", "third"] {
        house.start(key).await;
        house.reach(key, JobState::Done).await;
    }
    released.cancel();
    house.reach("first", JobState::Done).await;
    worker.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_came_while_nobody_listened_is_found_on_return() {
    let house = House::open().await;
    let (worker, released) = full(&house).await;
    let other = house.worker(Limits::default(), asleep());
    house.start("second").await;
    house.reach("second", JobState::Done).await;
    // Both lose their connections; what is said meanwhile is heard by nobody.
    house
        .as_admin(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where usename = 'usher_user' and datname = current_database() and query ilike '%listen%'",
        )
        .await;
    house.start("third").await;
    house.reach("third", JobState::Done).await;
    released.cancel();
    house.reach("first", JobState::Done).await;
    worker.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_ready_by_a_claim_or_by_the_end_of_a_step_is_taken_without_a_poll() {
    let house = House::open().await;
    let gate = CancellationToken::new();
    let wide = |name, group| Part::of(name).behind(&gate).beside(group);
    let parts = vec![wide("a", 1), wide("b", 1), wide("c", 2), wide("d", 2), Part::of("last")];
    let shape = Shape::new("wide", parts);
    let workflows: Vec<Arc<dyn Workflow>> = vec![Arc::new(shape.clone())];
    let worker = Worker::new(house.db.clone(), house.clock.clone(), workflows, Limits::default());
    let worker = Running::spawn(worker.with_pace(asleep()));
    let id = house.start_of("wide", 1).await;
    wait_for("both begin", async || shape.log.lines().len() == 2).await;
    gate.cancel();
    house.reach_of(id, JobState::Done).await;
    worker.stop().await;
}
