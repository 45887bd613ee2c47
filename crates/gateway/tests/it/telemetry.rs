//! What a request leaves in logs and metrics, and what it must not.

use std::{
    io::Write,
    sync::{Arc, LazyLock, Mutex},
};

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    propagation::TraceContextPropagator,
    trace::{SdkTracerProvider, SpanData, SpanExporter},
};
use serde_json::json;
use tracing_subscriber::{fmt::format::FmtSpan, layer::SubscriberExt};

use crate::world::{Ask, World};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("log").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keeps what would be sent to a collector.
#[derive(Clone, Debug, Default)]
struct Collector(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Collector {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().expect("spans").extend(batch);
        Ok(())
    }
}

/// All that this process tells, kept from the first look on; one subscriber for all threads, as in a real process.
static TOLD: LazyLock<(Log, Collector)> = LazyLock::new(|| {
    let (log, collector) = (Log::default(), Collector::default());
    let provider = SdkTracerProvider::builder().with_simple_exporter(collector.clone()).build();
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let writer = log.clone();
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_span_events(FmtSpan::FULL)
        .with_writer(move || writer.clone());
    let traces = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let subscriber = tracing_subscriber::registry().with(lines).with(traces);
    tracing::subscriber::set_global_default(subscriber).expect("the only subscriber");
    (log, collector)
});

#[tokio::test]
async fn tokens_and_passwords_reach_no_log_and_routes_are_templates() {
    let (log, _) = &*TOLD;
    let world = World::new();
    let body = json!({"password": "S3CRET-password"});
    Ask::post("/v1/invitations/S3CRET-link/accept", &body).send(&world).await;
    Ask::get("/v1/invitations/S3CRET-link").send(&world).await;
    Ask::get("/v1/me").token("S3CRET-token").send(&world).await;
    Ask::get("/v1/me").header("cookie", "usher=S3CRET-cookie").send(&world).await;
    Ask::get("/nowhere/S3CRET-path?q=S3CRET-query").send(&world).await;
    Ask::get("/v1/me").ann().header("x-request-id", "request-of-ann").send(&world).await;
    let log = String::from_utf8(log.0.lock().expect("log").clone()).expect("text");
    for wanted in [
        "/v1/invitations/{token}/accept",
        "request-of-ann",
        "http.route=\"/v1/me\"",
        "bad_credential",
    ] {
        assert!(log.contains(wanted), "{wanted} is missing in {log}");
    }
    let line = log.lines().find(|line| line.contains("S3CRET"));
    assert_eq!(line, None, "a secret was logged");
}

#[tokio::test]
async fn requests_are_measured_by_template_and_status() {
    boot::metrics::handle();
    let world = World::new();
    Ask::get("/v1/invitations/one-link").send(&world).await;
    Ask::new("BREW", "/v1/nothing-at-all").send(&world).await;
    let page = boot::metrics::render();
    let wanted = "method=\"GET\",route=\"/v1/invitations/{token}\",status=\"200\"";
    assert!(
        page.contains("usher_http_request_duration_seconds") && page.contains(wanted),
        "{page}"
    );
    assert!(page.contains("method=\"other\",route=\"unknown\",status=\"404\""), "{page}");
    assert!(!page.contains("one-link") && !page.contains("nothing-at-all"));
}

#[tokio::test]
async fn a_callers_trace_goes_on_through_the_gateway_to_the_service() {
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let (_, collector) = &*TOLD;
    let world = World::new();
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    let ask = Ask::get("/v1/me").ann().header("traceparent", &parent);
    assert_eq!(ask.send(&world).await.status, 200);
    let told = world.last_seen().traceparent.expect("a trace");
    assert!(told.contains(trace), "{told}");
    let mut spans = collector.0.lock().expect("spans").clone();
    spans.retain(|span| span.span_context.trace_id().to_string() == trace);
    let http = spans.iter().find(|span| span.name == "GET /v1/me");
    let names: Vec<_> = spans.iter().map(|span| &span.name).collect();
    let http = http.unwrap_or_else(|| panic!("none is named by its template: {names:?}"));
    assert_eq!(http.parent_span_id.to_string(), "b7ad6b7169203331");
    assert!(spans.iter().any(|span| span.name.ends_with("People/GetMe")));
}
