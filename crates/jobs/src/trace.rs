//! A run's trace: the attempt's span continues the trace of the call that started the run.

use std::collections::HashMap;

use opentelemetry::{global, trace::TraceContextExt};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const TRACEPARENT: &str = "traceparent";

/// Makes the stored `traceparent` the parent of a span that was not entered yet.
pub(crate) fn continue_from(span: &Span, traceparent: Option<&str>) {
    let Some(traceparent) = traceparent else {
        return;
    };
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let parent = global::get_text_map_propagator(|propagator| propagator.extract(&carrier));
    if parent.span().span_context().is_valid() {
        // Without an exporter there is no span to hang below; nothing is lost then.
        drop(span.set_parent(parent));
    }
}

/// The `traceparent` of a span, for calls made within it.
pub(crate) fn traceparent_of(span: &Span) -> Option<String> {
    let mut carrier = HashMap::new();
    global::get_text_map_propagator(|propagator| {
        propagator.inject_context(&span.context(), &mut carrier);
    });
    carrier.remove(TRACEPARENT)
}
