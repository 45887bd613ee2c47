//! Ended runs move out of the way: nobody sees them twice or not at all, their keys stay taken, and old ones go.

use std::time::Duration;

use jobs::{Error, JobState, Limits, Retention, Start, Started, WhileTaken};
use kernel::{JobId, PageSize, Timestamp};
use serde_json::json;
use sqlx::AssertSqlSafe;
use tokio_util::sync::CancellationToken;

use crate::{
    house::{House, SAMPLE, quick, wait_for},
    world::{Fault, STEPS, Way, refused},
};

/// Later than any end.
fn whenever() -> Timestamp {
    Timestamp::from(jiff::Timestamp::MAX)
}

async fn count(house: &House, table: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from usher_user.{table}")))
        .fetch_one(&mut house.admin().await)
        .await
        .expect("a count")
}

async fn archive(house: &House) -> u64 {
    jobs::archive(&house.db, whenever()).await.expect("moves")
}

async fn done(house: &House, keys: &[&str]) -> Vec<JobId> {
    let mut ids = vec![];
    for key in keys {
        ids.push(house.start(key).await);
    }
    let worker = house.worker(Limits::default(), quick());
    for key in keys {
        house.reach(key, JobState::Done).await;
    }
    worker.stop().await;
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_moved_is_found_as_before() {
    let house = House::open().await;
    let ids = done(&house, &["a", "b", "c"]).await;
    house.start("d").await;
    let before = house.status("b").await;
    assert_eq!(archive(&house).await, 3, "the unfinished one stays");
    assert_eq!((count(&house, "jobs").await, count(&house, "job_steps").await), (1, 0));
    assert_eq!(house.status("b").await, before);
    let mut tx = house.db.tenant(house.tenant, "show_sample").await.expect("a transaction");
    let by_id = jobs::status(&mut tx, ids[1]).await.expect("a status");
    assert_eq!(by_id.as_ref(), Some(&before));
    let page = jobs::list(&mut tx, None, None, PageSize::from_wire(2)).await.expect("a page");
    let keys: Vec<_> = page.items.iter().map(|run| run.key.as_str()).collect();
    assert_eq!(keys, ["d", "c"], "newest first, moved or not");
    let next = JobId::parse(&page.next.expect("more follow")).expect("a cursor");
    let size = PageSize::from_wire(2);
    let rest = jobs::list(&mut tx, Some(JobState::Done), Some(next), size).await.expect("a page");
    let keys: Vec<_> = rest.items.iter().map(|run| run.key.as_str()).collect();
    assert_eq!((keys.as_slice(), rest.next), (["b", "a"].as_slice(), None));
    tx.commit().await.expect("commits");
    let stranger = testkit::tenant();
    let mut tx = house.db.tenant(stranger, "show_sample").await.expect("a transaction");
    assert_eq!(jobs::status(&mut tx, ids[1]).await.expect("an answer"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_seen_at_every_moment_of_its_move() {
    let house = House::open().await;
    let keys: Vec<String> = (0..40).map(|n| format!("run {n}")).collect();
    let names: Vec<&str> = keys.iter().map(String::as_str).collect();
    done(&house, &names).await;
    let moved = CancellationToken::new();
    let reading = async {
        let mut looks = 0;
        // At least one look after the move.
        loop {
            let over = moved.is_cancelled();
            let mut tx = house.db.tenant(house.tenant, "list").await.expect("a transaction");
            let size = PageSize::from_wire(100);
            let page = jobs::list(&mut tx, None, None, size).await.expect("a page");
            tx.commit().await.expect("commits");
            assert_eq!(page.items.len(), 40, "each run once");
            assert!(page.items.iter().all(|run| run.steps.len() == STEPS.len()), "with its steps");
            looks += 1;
            if over {
                return looks;
            }
        }
    };
    let moving = async {
        // One by one, so that there are many moments to look at.
        for nth in 0..40 {
            let edge = house.status(&format!("run {nth}")).await.ended_at.expect("it has ended");
            jobs::archive(&house.db, edge).await.expect("moves");
        }
        archive(&house).await;
        moved.cancel();
    };
    let (looks, ()) = tokio::join!(reading, moving);
    assert!(looks > 1);
    assert_eq!(count(&house, "job_history").await, 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_movers_move_each_run_once() {
    let house = House::open().await;
    done(&house, &["a", "b", "c", "d", "e"]).await;
    let other = house.other_process();
    let both = tokio::join!(archive(&house), jobs::archive(&other, whenever()));
    assert_eq!(both.0 + both.1.expect("moves"), 5);
    assert_eq!(archive(&house).await, 0, "moving again finds nothing");
    assert_eq!((count(&house, "jobs").await, count(&house, "job_history").await), (0, 5));
    assert_eq!(count(&house, "job_step_history").await, 15);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_run_that_moved_stays_taken() {
    let house = House::open().await;
    let ids = done(&house, &["a"]).await;
    archive(&house).await;
    assert_eq!(house.start("a").await, ids[0]);
    let mut tx = house.db.tenant(house.tenant, "start_sample").await.expect("a transaction");
    let other = jobs::start(&mut tx, &house.cx(), SAMPLE, 1, "a", &json!("another input")).await;
    assert!(matches!(other, Err(Error::KeyReused)), "{other:?}");
    drop(tx);
    assert_eq!(house.world.calls("a", "register", Way::Do), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_in_the_moment_of_the_move_begins_no_second_run() {
    let house = House::open().await;
    let ids = done(&house, &["a"]).await;
    for _ in 0..10 {
        let starts = futures::future::join_all((0..6).map(|_| house.start("a")));
        let (moved, starts) = tokio::join!(archive(&house), starts);
        assert!(starts.iter().all(|id| *id == ids[0]), "{starts:?}");
        if moved == 1 {
            return;
        }
    }
    assert_eq!(count(&house, "job_history").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_is_brought_back_to_be_tried_again() {
    let house = House::open().await;
    house.world.plan("k", "verify", Way::Do, Fault::Before(refused()));
    let job = house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    let failed = house.reach("k", JobState::Failed).await;
    assert_eq!(archive(&house).await, 1);
    assert_eq!(house.status("k").await, failed);
    // Two people at once: one of them tries it again, the other finds it under way or does nothing more than that.
    let retry = async || {
        let mut tx = house.db.tenant(house.tenant, "retry_sample").await.expect("a transaction");
        jobs::retry(&mut tx, &house.cx(), job).await?;
        tx.commit().await.expect("commits");
        Ok::<(), Error>(())
    };
    let (one, other) = tokio::join!(retry(), retry());
    assert!(one.is_ok() || other.is_ok(), "{one:?} {other:?}");
    for refused in [one, other].into_iter().filter_map(Result::err) {
        assert!(matches!(refused, Error::WrongState(_)), "{refused:?}");
    }
    house.reach("k", JobState::Done).await;
    assert_eq!(count(&house, "job_history").await, 0);
    assert_eq!(house.world.standing(job), STEPS);
    assert_eq!(archive(&house).await, 1, "it moves again");
    let refused = retry().await;
    assert!(matches!(refused, Err(Error::WrongState(JobState::Done))), "{refused:?}");
    assert_eq!(house.start("k").await, job, "its key is still its own");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_singleton_that_moved_is_not_in_the_way() {
    let house = House::open().await;
    for key in ["a", "b"] {
        let mut tx = house.db.tenant(house.tenant, "start_sample").await.expect("a transaction");
        let start = Start::new(SAMPLE, 1, key).singleton("s", WhileTaken::Refuse);
        let started = start.begin(&mut tx, &house.cx(), &json!(null)).await;
        assert!(matches!(started, Ok(Started::New(_))), "{started:?}");
        tx.commit().await.expect("commits");
        let worker = house.worker(Limits::default(), quick());
        house.reach(key, JobState::Done).await;
        worker.stop().await;
        assert_eq!(archive(&house).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_run_does_not_move() {
    let house = House::open().await;
    house.world.plan("k", "verify", Way::Do, Fault::Before(refused()));
    house.world.plan("k", "token", Way::Undo, Fault::Before(refused()));
    house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    house.reach("k", JobState::Stuck).await;
    worker.stop().await;
    assert_eq!(archive(&house).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_moves_what_ended_long_enough_ago_by_itself() {
    let house = House::open().await;
    let every = Duration::from_millis(20);
    let keeping = Retention { stay: Duration::from_secs(3600), every, ..Retention::default() };
    let worker = house.worker_with(|worker| worker.with_retention(keeping));
    house.start("old").await;
    house.start("young").await;
    house.reach("old", JobState::Done).await;
    house.reach("young", JobState::Done).await;
    house
        .as_admin(
            "update usher_user.jobs set ended_at = ended_at - interval '2 h' where key = 'old'",
        )
        .await;
    wait_for("the old one has moved", async || count(&house, "job_history").await == 1).await;
    worker.stop().await;
    assert_eq!((count(&house, "jobs").await, count(&house, "job_keys").await), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn old_months_go_with_their_keys_and_no_others() {
    let house = House::open().await;
    done(&house, &["old", "older", "young"]).await;
    house
        .as_admin(
            "create table usher_user.job_history_p202001 partition of usher_user.job_history
                 for values from ('2020-01-01') to ('2020-02-01');
             create table usher_user.job_step_history_p202001 partition of usher_user.job_step_history
                 for values from ('2020-01-01') to ('2020-02-01');
             update usher_user.jobs set ended_at = '2020-01-15' where key = 'old';
             update usher_user.jobs set ended_at = '2019-12-15' where key = 'older'",
        )
        .await;
    assert_eq!(archive(&house).await, 3);
    let keep = Duration::from_secs(90 * 24 * 3600);
    assert_eq!(jobs::retain(&house.db, keep).await.expect("retains"), 2);
    assert_eq!(jobs::retain(&house.db, keep).await.expect("retains"), 0, "nothing is left to drop");
    assert_eq!(
        (count(&house, "job_history").await, count(&house, "job_step_history").await),
        (1, 3)
    );
    let ids = [house.start("old").await, house.start("older").await, house.start("young").await];
    assert_eq!(count(&house, "jobs").await, 2, "forgotten keys begin new runs: {ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_has_every_column_of_a_run_in_its_order() {
    let house = House::open().await;
    let columns = async |table: &str| -> Vec<String> {
        sqlx::query_scalar(
            "select attname::text || ' ' || atttypid::regtype::text from pg_attribute
             where attrelid = $1::text::regclass and attnum > 0 and not attisdropped order by attnum",
        )
        .bind(format!("usher_user.{table}"))
        .fetch_all(&mut house.admin().await)
        .await
        .expect("the columns")
    };
    assert_eq!(columns("job_history").await, columns("jobs").await);
    let mut steps = columns("job_steps").await;
    steps.push("run_ended_at timestamp with time zone".to_owned());
    assert_eq!(columns("job_step_history").await, steps);
    let mut signals = columns("job_signals").await;
    signals.push("run_ended_at timestamp with time zone".to_owned());
    assert_eq!(columns("job_signal_history").await, signals);
}
