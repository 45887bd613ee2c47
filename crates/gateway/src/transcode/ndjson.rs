//! A stream as lines of JSON (NDJSON), for programs that would rather read lines than events.

use std::convert::Infallible;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use futures::{Stream, StreamExt};
use http::{HeaderMap, header};
use prost_reflect::DynamicMessage;
use serde_json::json;

use super::reply::text;
use crate::problem::Problem;

/// The media type, as callers ask for it.
pub(crate) const LINES: &str = "application/x-ndjson";

/// Whether the caller asks for lines.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let kinds = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    kinds.flat_map(|value| value.split(',')).any(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(LINES))
    })
}

/// Each message as a line. A failure is a line with nothing but the field `problem`.
pub(super) fn respond(
    messages: impl Stream<Item = Result<DynamicMessage, Problem>> + Send + 'static,
    request_id: String,
) -> Response {
    let lines = messages.map(move |message| {
        let line = message.and_then(|message| text(&message)).unwrap_or_else(|problem| {
            json!({"problem": problem.body(Some(&request_id))}).to_string()
        });
        Ok::<_, Infallible>(line + "\n")
    });
    ([(header::CONTENT_TYPE, LINES)], Body::from_stream(lines)).into_response()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn lines_are_for_whoever_asks_for_them() {
        for (accept, wanted) in [
            ("application/x-ndjson", true),
            ("text/html, Application/X-NDJSON;q=0.9", true),
            ("text/event-stream", false),
            ("*/*", false),
            ("application/x-ndjson-like", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(is_wanted(&headers), wanted, "{accept}");
        }
        assert!(!is_wanted(&HeaderMap::new()));
    }
}
