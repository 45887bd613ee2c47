//! A worker that polls once an hour hears of work from another process at once.

use std::time::Duration;

use jobs::{JobState, Limits, Pace};
use tokio_util::sync::CancellationToken;

use crate::{
    house::{House, quick, wait_for},
    world::{Fault, Way},
};

fn asleep() -> Pace {
    let hour = Duration::from_secs(3600);
    Pace { poll_min: hour, poll_max: hour, ..quick() }
}

/// A worker of this process that has one place, which is taken.
async fn full(house: &House) -> (crate::house::Running, CancellationToken) {
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
