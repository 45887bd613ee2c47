//! How the legacy API says what came of a call: `{"success", "result" | "message", "error_code", "request_id"}`.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue,
    header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE},
};
use serde_json::{Map, Value, json};

use crate::problem::Problem;

/// What came of a call.
#[derive(Debug)]
pub(super) enum Answer {
    /// In the envelope.
    Done {
        result: Value,
        /// Beside the result, for instance how many there are.
        meta: Option<Value>,
    },
    /// As it is: the legacy backend answers some calls without an envelope.
    Bare(Value),
}

impl Answer {
    pub(super) const fn of(result: Value) -> Self {
        Self::Done { result, meta: None }
    }

    /// The answer as a response.
    pub(super) fn respond(self, request_id: &str) -> Response {
        let body = match self {
            Self::Bare(value) => value,
            Self::Done { result, meta } => {
                let mut body = json!({"success": true, "result": result, "request_id": request_id});
                if let Some(meta) = meta {
                    body["meta"] = meta;
                }
                body
            }
        };
        let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
        (headers, body.to_string()).into_response()
    }
}

/// A failure with the headers it has everywhere, and a body in which old clients find their `message`.
pub(super) fn refuse(problem: &Problem, request_id: &str) -> Response {
    tracing::debug!(reason = problem.reason(), "a legacy call was refused");
    let mut body = json!({
        "success": false,
        "message": problem.detail(),
        "error_code": problem.reason(),
        "request_id": request_id,
    });
    if !problem.fields().is_empty() {
        let entry =
            |fault: &kernel::FieldViolation| (fault.field.clone(), fault.problem.clone().into());
        body["errors"] = Value::Object(problem.fields().iter().map(entry).collect::<Map<_, _>>());
    }
    let (mut parts, _) = problem.respond(Some(request_id)).into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Response::from_parts(parts, Body::from(body.to_string()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_limit_that_is_reached_tells_when_to_come_again() {
        let response = refuse(&Problem::of_limit("read-per-address", Duration::from_secs(3)), "r1");
        assert_eq!(response.status().as_u16(), 429);
        assert_eq!(response.headers()["retry-after"], "3");
        assert_eq!(response.headers()["content-type"], "application/json");
    }
}
