//! One trace from the change to whoever heard of it.

use bus::{Consumers, Envelope};
use kernel::Cx;
use opentelemetry::{
    global,
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::SdkTracerProvider};
use serde_json::json;
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;
use uuid::Uuid;

use crate::house::{House, Refused, Task};

#[tokio::test]
async fn the_handler_runs_inside_the_trace_of_the_change() {
    global::set_text_map_propagator(TraceContextPropagator::new());
    let provider = SdkTracerProvider::builder().build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    // Everything of this test runs on this one thread.
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let trace_of = |span: tracing::Span| span.context().span().span_context().trace_id();

    let house = House::build().await;
    let relay = house.relay();
    let (send, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let consumers = Consumers::new(house.db.clone(), house.nats.clone()).on_any(
        "user.>",
        move |_: Cx, _: Envelope| {
            let send = send.clone();
            async move {
                send.send(trace_of(tracing::Span::current())).expect("is heard");
                Ok::<_, Refused>(())
            }
        },
    );
    let consumers = Task::start(|stop| consumers.run(stop));
    let change = tracing::info_span!("change");
    house.tell(Uuid::now_v7(), json!({})).instrument(change.clone()).await;
    assert_eq!(heard.recv().await.expect("hears"), trace_of(change));
    consumers.stop().await;
    relay.stop().await;
}
