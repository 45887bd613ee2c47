//! The outermost layer: who sends, one span and one measurement a request, and the last word on every response.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use opentelemetry::{propagation::Extractor, trace::TraceContextExt};
use tracing::{Instrument, Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{
    client::{Client, REQUEST_ID},
    csrf,
    front::Front,
    headers,
    problem::{Problem, dress},
    signed,
};

/// The template of a console's route; stands among the extensions of its response.
#[derive(Debug, Clone)]
pub(crate) struct PageRoute(pub(crate) String);

/// Wraps every route, known or not.
pub(crate) async fn observe(State(front): State<Front>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let (mut parts, body) = request.into_parts();
    let (client, sound) = Client::read(&parts, front.proxies(), front.clock());
    let sound = front.serve(&client).and(sound);
    let is_open = parts.uri.path() == csrf::OPEN;
    let sound = sound.and_then(|()| match is_open {
        true => Ok(()),
        false => csrf::check(&parts.method, &parts.headers, &client),
    });
    let method = method(&parts.method);
    let matched = parts.extensions.get::<MatchedPath>().cloned();
    let span = span(method, &client, &parts.headers);
    if signed::is_signed(&parts.headers) {
        parts.extensions.insert(signed::Shown::read(&parts.headers));
    }
    headers::cleanse(&mut parts.headers);
    parts.extensions.insert(client.clone());
    parts.extensions.insert(front);
    let request = Request::from_parts(parts, body);
    let mut response = match sound {
        Ok(()) => next.run(request).instrument(span.clone()).await,
        Err(problem) => problem.into_response(),
    };
    let page = response.extensions_mut().remove::<PageRoute>();
    // Never the path itself: the tokens of invitations travel in it.
    let route = match (&matched, &page) {
        (Some(matched), _) => matched.as_str(),
        (None, Some(page)) => page.0.as_str(),
        (None, None) => "unknown",
    };
    span.in_scope(|| conclude(&span, &response, method, route, started));
    let mut response = dress(response, &client.request_id);
    if let Ok(id) = HeaderValue::from_str(&client.request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    headers::secure(response.headers_mut(), client.scheme);
    response
}

fn span(method: &'static str, client: &Client, headers: &HeaderMap) -> Span {
    let span = tracing::info_span!(
        "http",
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = Empty,
        http.response.status_code = Empty,
        request.id = client.request_id,
        tenant.id = Empty,
        actor.id = Empty,
    );
    let parent = opentelemetry::global::get_text_map_propagator(|p| p.extract(&Reader(headers)));
    // Before the span is entered, or it is too late. Fails only for a span without OpenTelemetry data.
    let _ = span.set_parent(parent);
    span
}

fn conclude(span: &Span, response: &Response, method: &'static str, route: &str, started: Instant) {
    let status = response.status();
    // The layer takes a name only before the span is entered, when a page's route is not known yet.
    span.context().span().update_name(format!("{method} {route}"));
    span.record("http.route", route);
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    if let Some(problem) = response.extensions().get::<Problem>() {
        let reason = problem.reason();
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
                tracing::info!(reason, "a request was refused");
            }
            _ => tracing::debug!(reason, "a request failed"),
        }
    }
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.as_u16().to_string()),
    ];
    metrics::histogram!("usher_http_request_duration_seconds", &labels)
        .record(started.elapsed().as_secs_f64());
}

/// The method as a label: a stranger's invention does not become one.
fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

struct Reader<'a>(&'a HeaderMap);

impl Extractor for Reader<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}
