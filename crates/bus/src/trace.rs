//! How a trace travels with a fact: the W3C `traceparent` in, the parent of the handler's span out.

use std::collections::HashMap;

use kernel::Cx;
use opentelemetry::{Context, global};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The `traceparent` of the current span, else the one the call came with.
pub(crate) fn traceparent(cx: &Cx) -> Option<String> {
    let mut carrier = HashMap::new();
    let context = Span::current().context();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut carrier));
    carrier.remove("traceparent").or_else(|| cx.traceparent.clone())
}

/// Makes `span`, which must not have been entered yet, a child of the fact's trace.
pub(crate) fn continue_trace(span: &Span, traceparent: Option<&str>) {
    let Some(traceparent) = traceparent else {
        return;
    };
    let carrier = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    let parent: Context =
        global::get_text_map_propagator(|propagator| propagator.extract(&carrier));
    if let Err(refused) = span.set_parent(parent) {
        tracing::debug!(%refused, "the trace of a fact ends here");
    }
}
