//! Probes: readiness flips with its checks and with the drain; reasons are told.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{body::Body, http::Request};
use boot::{Health, Host};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tower::ServiceExt;

async fn probe(health: &Health, path: &str) -> (u16, Value) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = health.routes().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

/// Waits until the probe answers with `status`; a cached answer may come first.
async fn until(health: &Health, status: u16) -> Value {
    let begun = Instant::now();
    loop {
        let (found, body) = probe(health, "/readyz").await;
        if found == status {
            return body;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "still {found}: {body}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn readiness_flips_with_a_check_and_says_why() {
    let health = Health::new(&Host::new());
    let up = Arc::new(AtomicBool::new(true));
    let seen = up.clone();
    health.register("postgres", move || {
        let up = seen.load(Ordering::Relaxed);
        async move { if up { Ok(()) } else { Err("refused".to_owned()) } }
    });
    let well = json!({"ready": true, "checks": [{"name": "postgres", "ok": true}]});
    assert_eq!(probe(&health, "/readyz").await, (200, well.clone()));
    up.store(false, Ordering::Relaxed);
    let ill =
        json!({"ready": false, "checks": [{"name": "postgres", "ok": false, "reason": "refused"}]});
    assert_eq!(until(&health, 503).await, ill);
    up.store(true, Ordering::Relaxed);
    assert_eq!(until(&health, 200).await, well);
}

#[tokio::test]
async fn a_check_that_only_advises_is_told_and_keeps_the_process_ready() {
    let health = Health::new(&Host::new());
    health.advise("nats", || async { Err("not connected".to_owned()) });
    let told = json!({"name": "nats", "ok": false, "reason": "not connected", "advisory": true});
    assert_eq!(probe(&health, "/readyz").await, (200, json!({"ready": true, "checks": [told]})));
}

#[tokio::test]
async fn a_draining_process_is_not_ready_but_alive() {
    let host = Host::new();
    let health = Health::new(&host);
    assert_eq!(probe(&health, "/readyz").await.0, 200);
    host.stop();
    let (status, body) = probe(&health, "/readyz").await;
    assert_eq!(status, 503);
    assert_eq!(body["checks"][0]["reason"], "the process is draining");
    assert_eq!(probe(&health, "/livez").await.0, 200);
}

#[tokio::test]
async fn a_process_with_a_dead_task_is_not_alive() {
    let host = Host::new();
    let health = Health::new(&host);
    host.spawn("relay", async |_stop| anyhow::bail!("gone"));
    host.failed().await;
    let dead = json!({"live": false, "deadTasks": ["relay"]});
    assert_eq!(probe(&health, "/livez").await, (503, dead));
}

#[tokio::test]
async fn slow_and_panicking_checks_fail_and_hold_up_no_other() {
    let health = Health::new(&Host::new());
    health.register("slow", pending);
    health.register("slower", pending);
    health.register("broken", || async { panic!("bug") });
    // Each of these waits for the other, which only comes if they are asked side by side.
    let meeting = Arc::new(Barrier::new(2));
    for name in ["one", "other"] {
        let meeting = meeting.clone();
        health.register(name, move || {
            let meeting = meeting.clone();
            async move {
                meeting.wait().await;
                Ok(())
            }
        });
    }
    let (status, body) = probe(&health, "/readyz").await;
    assert_eq!(status, 503);
    assert_eq!((&body["checks"][3]["ok"], &body["checks"][4]["ok"]), (&json!(true), &json!(true)));
    assert_eq!(body["checks"][0]["reason"], "no answer within 1 s");
    assert_eq!(body["checks"][2]["reason"], "the check panicked");
}

#[tokio::test]
async fn simultaneous_probes_share_one_check() {
    let health = Health::new(&Host::new());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    health.register("postgres", move || {
        count.fetch_add(1, Ordering::Relaxed);
        async {
            tokio::task::yield_now().await;
            Ok(())
        }
    });
    futures::future::join_all((0..100).map(|_| health.readiness())).await;
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}
