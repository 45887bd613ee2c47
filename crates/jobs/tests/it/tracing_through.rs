//! A run's attempts continue the trace of the call that started it.

use jobs::{JobState, Limits};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    house::{House, SAMPLE, quick, wait_for},
    world::{Fault, Way, away},
};

#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_late_or_repeated_is_a_span_of_the_trace_that_started_the_run() {
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let tracer = SdkTracerProvider::builder().build().tracer("test");
    tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(tracer))
        .try_init()
        .expect("the only subscriber of this binary");
    let house = House::open().await;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let mut cx = house.cx();
    cx.traceparent = Some(format!("00-{trace}-b7ad6b7169203331-01"));
    let mut tx = house.db.tenant(house.tenant, "start_sample").await.expect("a transaction");
    jobs::start(&mut tx, &cx, SAMPLE, 1, "k", &serde_json::json!(null)).await.expect("starts");
    tx.commit().await.expect("commits");
    house.world.plan("k", "token", Way::Do, Fault::Before(away()));
    house.world.plan("k", "verify", Way::Do, Fault::CutOff(CancellationToken::new()));
    let worker = house.worker(Limits::default(), quick());
    // One attempt fails, and another worker takes up one that was lost.
    wait_for("the last step hangs", async || house.world.cut_off() == 1).await;
    drop(worker);
    let worker = house.worker(Limits::default(), quick());
    house.expire_leases().await;
    house.reach("k", JobState::Done).await;
    worker.stop().await;
    let mut given = house.world.traceparents();
    given.dedup();
    assert_eq!(given.len(), 5, "each attempt is a span of its own: {given:?}");
    for traceparent in given {
        assert_eq!(traceparent.split('-').nth(1), Some(trace));
        assert!(!traceparent.contains("b7ad6b7169203331"), "a child, not the caller's own span");
    }
}
