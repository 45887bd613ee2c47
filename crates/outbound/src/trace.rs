//! The trace goes on at the other side: W3C trace context in the headers of a call.

use opentelemetry::{global, propagation::Injector};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

struct Headers(HeaderMap);

impl Injector for Headers {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}

/// The headers that make a call a part of `span`'s trace; none where nothing is traced.
pub(crate) fn headers(span: &Span) -> HeaderMap {
    let mut headers = Headers(HeaderMap::new());
    let context = span.context();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut headers));
    headers.0
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::SdkTracerProvider};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn a_traced_call_carries_its_trace() {
        global::set_text_map_propagator(TraceContextPropagator::new());
        let tracer = SdkTracerProvider::builder().build().tracer("test");
        let layer = tracing_opentelemetry::layer().with_tracer(tracer);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            let sent = headers(&tracing::info_span!("outbound.call"));
            let parent = sent["traceparent"].to_str().expect("a text");
            assert_eq!((parent.len(), &parent[..3]), (55, "00-"), "{parent}");
        });
        assert!(headers(&Span::none()).is_empty());
    }
}
