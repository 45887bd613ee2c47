//! The metadata of an inner call: names, and how a context travels in them.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Extractor, Injector};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The caller's own token.
pub(crate) const SERVICE: HeaderName = HeaderName::from_static("usher-service");
/// The passport of the person behind the call.
pub(crate) const PASSPORT: HeaderName = HeaderName::from_static("usher-passport");
/// The tenant the call is about.
pub(crate) const TENANT: HeaderName = HeaderName::from_static("usher-tenant");
/// The request id.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("usher-request-id");
/// The caller's key for a repeatable write.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("usher-idempotency-key");
/// Source address as the gateway saw it.
pub(crate) const CLIENT_IP: HeaderName = HeaderName::from_static("usher-client-ip");
/// User agent as the gateway saw it.
pub(crate) const USER_AGENT: HeaderName = HeaderName::from_static("usher-user-agent");
/// W3C trace context.
pub(crate) const TRACEPARENT: &str = "traceparent";

/// A header's text, where it is text.
pub(crate) fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(Into::into)
}

/// Sets a header; a value that cannot stand in one is dropped, since it came from outside.
pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Makes `span` a child of the trace context in `headers`. Call before the span is entered.
pub(crate) fn adopt(span: &tracing::Span, headers: &HeaderMap) {
    struct Reader<'a>(&'a HeaderMap);
    impl Extractor for Reader<'_> {
        fn get(&self, key: &str) -> Option<&str> {
            self.0.get(key).and_then(|value| value.to_str().ok())
        }
        fn keys(&self) -> Vec<&str> {
            self.0.keys().map(HeaderName::as_str).collect()
        }
    }
    let parent = opentelemetry::global::get_text_map_propagator(|p| p.extract(&Reader(headers)));
    // Fails only for a span without OpenTelemetry data: then there is no trace to continue.
    let _ = span.set_parent(parent);
}

/// Writes the trace context of `span` into `headers`.
pub(crate) fn propagate(span: &tracing::Span, headers: &mut HeaderMap) {
    struct Writer<'a>(&'a mut HeaderMap);
    impl Injector for Writer<'_> {
        fn set(&mut self, key: &str, value: String) {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value))
            {
                self.0.insert(name, value);
            }
        }
    }
    let context = span.context();
    opentelemetry::global::get_text_map_propagator(|p| {
        p.inject_context(&context, &mut Writer(headers))
    });
}

/// The `traceparent` of `span`, to be stored with facts and jobs.
pub(crate) fn traceparent(span: &tracing::Span) -> Option<String> {
    let mut headers = HeaderMap::new();
    propagate(span, &mut headers);
    text(&headers, &HeaderName::from_static(TRACEPARENT))
}
