//! The host: tasks that end, die, hang, and the drain that waits for them.

use std::{
    future::pending,
    time::{Duration, Instant},
};

use boot::Host;

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_drain_waits_for_tasks_that_heed_the_token() {
    let host = Host::new();
    let (done, is_done) = tokio::sync::oneshot::channel();
    host.spawn("tidy", async move |stop| {
        stop.cancelled().await;
        tokio::task::yield_now().await;
        done.send(()).ok();
        Ok(())
    });
    assert_eq!(host.running(), ["tidy"]);
    assert_eq!(host.drain(LONG).await.stuck, Vec::<String>::new());
    assert!(is_done.await.is_ok());
    assert!(host.running().is_empty() && host.dead_tasks().is_empty());
}

#[tokio::test]
async fn a_stuck_task_is_dropped_at_the_deadline_and_named() {
    let host = Host::new();
    let (held, released) = tokio::sync::oneshot::channel::<()>();
    host.spawn("deaf", async move |_stop| {
        let _held = held;
        pending().await
    });
    host.spawn("quick", async |_stop| Ok(()));
    let begun = Instant::now();
    let drained = host.drain(Duration::from_millis(50)).await;
    assert!(begun.elapsed() >= Duration::from_millis(50));
    assert_eq!(drained.stuck, ["deaf"]);
    assert!(released.await.is_err(), "what the task held is free");
    assert!(host.dead_tasks().is_empty(), "being dropped is not dying");
}

#[tokio::test]
async fn a_panicking_task_is_reported() {
    let host = Host::new();
    host.spawn("relay", async |_stop| panic!("no more paper"));
    let dead = host.failed().await;
    assert_eq!((dead.task.as_str(), dead.reason.as_str()), ("relay", "panicked: no more paper"));
    assert_eq!(host.dead_tasks(), [dead]);
}

#[tokio::test]
async fn an_error_is_reported_with_its_causes() {
    let host = Host::new();
    host.spawn("relay", async |_stop| {
        let cut = std::io::Error::other("the wire is cut");
        Err(anyhow::Error::from(cut).context("cannot send"))
    });
    host.spawn("other", async |stop| {
        stop.cancelled().await;
        Ok(())
    });
    assert_eq!(
        host.failed().await.to_string(),
        "task \"relay\" died: cannot send: the wire is cut"
    );
    assert_eq!(host.drain(LONG).await.stuck, Vec::<String>::new());
}

#[tokio::test]
async fn a_dead_task_ends_the_run_with_failure() {
    let host = Host::new();
    host.spawn("relay", async |_stop| anyhow::bail!("gone"));
    let ended = host.run(LONG).await;
    assert_eq!(ended.dead.len(), 1);
    assert_eq!(ended.into_result().unwrap_err().to_string(), "task \"relay\" died: gone");
    assert!(host.is_stopping());
}

#[tokio::test]
async fn a_request_to_stop_ends_the_run_well() {
    let host = Host::new();
    host.spawn("asker", {
        let host = host.clone();
        async move |_stop| {
            host.stop();
            Ok(())
        }
    });
    host.run(LONG).await.into_result().unwrap();
}

#[tokio::test]
async fn a_kill_ends_a_drain_early_and_names_who_was_left() {
    let host = Host::new();
    host.spawn("deaf", async |_stop| pending().await);
    let begun = Instant::now();
    let (drained, ()) = tokio::join!(host.drain(LONG), async {
        host.stopping().cancelled().await;
        host.kill();
    });
    assert!(begun.elapsed() < LONG);
    assert_eq!(drained.stuck, ["deaf"]);
}

#[tokio::test]
async fn hosts_do_not_know_each_other() {
    let (one, other) = (Host::new(), Host::new());
    one.spawn("relay", async |_stop| anyhow::bail!("gone"));
    one.failed().await;
    one.stop();
    assert!(other.dead_tasks().is_empty() && !other.is_stopping());
}
