//! The database goes away again and again: work waits, nothing is lost or told twice.

use std::time::Duration;

use jobs::{JobState, Limits, Pace};

use crate::house::{House, quick};

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_break_at_any_moment_lose_no_run_and_double_no_record() {
    let house = House::open().await;
    let mut runs = vec![];
    for n in 0..30 {
        let key = format!("run {n}");
        runs.push((key.clone(), house.start(&key).await));
    }
    // A claim whose commit was cut off is found by its lease, so leases are short here.
    let pace = Pace { lease: Duration::from_secs(1), renew: Duration::from_millis(200), ..quick() };
    let workers = [(); 2].map(|()| house.worker(Limits { concurrency: 4, per_tenant: 8 }, pace));
    let breaking = async {
        for _ in 0..20 {
            house
                .as_admin(
                    "select pg_terminate_backend(pid) from pg_stat_activity
                     where usename = 'usher_user' and datname = current_database()",
                )
                .await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    breaking.await;
    for (key, job) in runs {
        house.reach(&key, JobState::Done).await;
        let marks = house.marks(job).await;
        assert_eq!(
            marks,
            ["register:recorded", "run:finished", "token:recorded", "verify:recorded"],
            "{key}"
        );
    }
    for worker in workers {
        worker.stop().await;
    }
    house.settle().await;
}
