//! Every failure as an RFC 9457 problem: one place decides what a caller reads and with which headers.

use std::time::Duration;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use kernel::{Code, FieldViolation};
use serde_json::{Value, json};
use tonic::Status;

/// The media type of a problem.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// The name space of problem types; the stable reason follows.
pub(crate) const TYPE: &str = "urn:usher:problem:";

/// A failure as the caller reads it. Becomes a response of `application/problem+json`.
#[derive(Debug, Clone)]
pub struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    status: StatusCode,
    reason: String,
    detail: String,
    errors: Vec<FieldViolation>,
    retry_after: Option<Duration>,
    policy: Option<String>,
}

impl Problem {
    /// A problem of the closed list of codes.
    pub fn new(code: Code, reason: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::of_status(status_of(code), reason, detail)
    }

    /// A problem of HTTP itself, which no service knows.
    pub(crate) fn of_status(
        status: StatusCode,
        reason: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self(Box::new(Inner {
            status,
            reason: reason.into(),
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: (status == StatusCode::SERVICE_UNAVAILABLE)
                .then_some(Duration::from_secs(1)),
            policy: None,
        }))
    }

    /// Our own fault; whoever found it has logged it.
    pub(crate) fn internal() -> Self {
        Self::new(Code::Internal, "internal", sentence(Code::Internal))
    }

    /// Fields at fault.
    pub(crate) fn of_fields(fields: Vec<FieldViolation>) -> Self {
        let detail = fields
            .iter()
            .map(|violation| format!("{} {}", violation.field, violation.problem))
            .collect::<Vec<_>>()
            .join("; ");
        Self::new(Code::Invalid, "invalid_argument", detail).with_fields(fields)
    }

    /// The same problem, which is worth another try after this time.
    pub(crate) fn retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// The same problem, which lies in these fields.
    pub(crate) fn with_fields(mut self, fields: Vec<FieldViolation>) -> Self {
        self.0.errors = fields;
        self
    }

    /// A limit is reached; `policy` is the one that was.
    pub(crate) fn of_limit(policy: &str, retry_after: Duration) -> Self {
        let detail = format!("The limit {policy} is reached; try again later.");
        let mut problem = Self::new(Code::Exhausted, "rate_limited", detail);
        problem.0.retry_after = Some(retry_after);
        problem.0.policy = Some(policy.to_owned());
        problem
    }

    /// What a called service refused. Only sentences that were written for callers reach them.
    #[must_use]
    pub fn of_refusal(status: &Status) -> Self {
        let refusal = wire::code_of(status);
        let told = match refusal.code {
            Code::Internal | Code::Unavailable | Code::Timeout => {
                tracing::warn!(reason = refusal.reason, error = %status, "a call was not served");
                sentence(refusal.code).to_owned()
            }
            _ => refusal.message,
        };
        let mut problem = Self::new(refusal.code, refusal.reason, told);
        problem.0.errors = refusal.fields;
        problem.0.retry_after = refusal.retry_after;
        problem
    }

    /// A service that the gateway itself needs did not answer as it must; the caller cannot change that.
    pub(crate) fn of_dependency(status: &Status, service: &str) -> Self {
        let code = wire::code_of(status).code;
        tracing::warn!(service, error = %status, "a service the gateway needs did not answer");
        match code {
            Code::Unavailable | Code::Timeout | Code::Exhausted => {
                let (code, reason) = (Code::Unavailable, "unavailable");
                Self::new(code, reason, sentence(code))
            }
            _ => Self::internal(),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable word.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The sentence for the caller.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The limit that is reached, where one is.
    pub(crate) fn policy(&self) -> Option<&str> {
        self.0.policy.as_deref()
    }

    /// The fields at fault.
    #[must_use]
    pub fn fields(&self) -> &[FieldViolation] {
        &self.0.errors
    }

    /// The same problem with other names for its fields.
    pub(crate) fn map_fields(mut self, name: impl Fn(&str) -> String) -> Self {
        for violation in &mut self.0.errors {
            violation.field = name(&violation.field);
        }
        self
    }

    /// The body; `request_id` tells which request it is about.
    pub(crate) fn body(&self, request_id: Option<&str>) -> Value {
        let Inner { status, reason, detail, errors, policy, .. } = &*self.0;
        let mut body = json!({
            "type": format!("{TYPE}{reason}"),
            "title": status.canonical_reason().unwrap_or("Error"),
            "status": status.as_u16(),
            "detail": detail,
            "code": reason,
        });
        if let Some(id) = request_id {
            body["instance"] = format!("urn:usher:request:{id}").into();
            body["requestId"] = id.into();
        }
        if !errors.is_empty() {
            body["errors"] = errors.iter().map(entry).collect();
        }
        if let Some(policy) = policy {
            body["violatedPolicies"] = json!([policy]);
        }
        body
    }

    /// The response, with the request's id in it.
    pub(crate) fn respond(&self, request_id: Option<&str>) -> Response {
        let mut response = Response::new(Body::from(self.body(request_id).to_string()));
        *response.status_mut() = self.0.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.0.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"usher\""));
        }
        if let Some(after) = self.0.retry_after {
            let seconds = after.as_secs_f64().ceil().max(1.0);
            if let Ok(seconds) = HeaderValue::from_str(&format!("{seconds:.0}")) {
                headers.insert(RETRY_AFTER, seconds);
            }
        }
        response
    }
}

/// A field at fault: its name, its JSON pointer in the body, and what is wrong.
fn entry(violation: &FieldViolation) -> Value {
    let steps = violation.field.split('.').map(|step| step.replace('~', "~0").replace('/', "~1"));
    let pointer = steps.fold(String::from("#"), |pointer, step| pointer + "/" + &step);
    json!({"field": violation.field, "pointer": pointer, "problem": violation.problem})
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.respond(None);
        // The outer layer writes it again with the request's id.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Status> for Problem {
    fn from(status: Status) -> Self {
        Self::of_refusal(&status)
    }
}

/// Gives a failure its body: a problem gets the request's id, a bare status becomes a problem.
pub(crate) fn dress(mut response: Response, request_id: &str) -> Response {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return put_body(response, problem.respond(Some(request_id)));
    }
    let status = response.status();
    let is_failure = status.is_client_error() || status.is_server_error();
    let kind = response.headers().get(CONTENT_TYPE);
    let is_bare = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if is_failure && is_bare {
        let problem = bare(status).respond(Some(request_id));
        return put_body(response, problem);
    }
    response
}

/// The body and headers of `problem` in `response`, whose other headers (`Allow`, limits) stay.
fn put_body(response: Response, problem: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    let (with, body) = problem.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    for (name, value) in &with.headers {
        parts.headers.insert(name, value.clone());
    }
    Response::from_parts(parts, body)
}

impl From<StatusCode> for Problem {
    fn from(status: StatusCode) -> Self {
        bare(status)
    }
}

fn bare(status: StatusCode) -> Problem {
    let (reason, detail) = match status {
        StatusCode::BAD_REQUEST => ("bad_request", "The request cannot be read."),
        StatusCode::NOT_FOUND => ("unknown_route", "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => (
            "method_not_allowed",
            "This address does not take this method; Allow names those it takes.",
        ),
        StatusCode::REQUEST_TIMEOUT => ("request_timeout", "The request took too long to arrive."),
        StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", "The body is too large."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            ("unsupported_media_type", "The body is not of a type that is read here.")
        }
        StatusCode::UNPROCESSABLE_ENTITY => ("unprocessable", "The body cannot be processed."),
        StatusCode::SERVICE_UNAVAILABLE => ("unavailable", sentence(Code::Unavailable)),
        status if status.is_server_error() => ("internal", sentence(Code::Internal)),
        _ => ("refused", "The request is refused."),
    };
    Problem::of_status(status, reason, detail)
}

/// What a caller reads of a failure that is none of theirs.
const fn sentence(code: Code) -> &'static str {
    match code {
        Code::Unavailable => "The service is temporarily unavailable; try again shortly.",
        Code::Timeout => "The service took too long; try again shortly.",
        _ => "An unexpected error occurred; the request id helps us find it.",
    }
}

const fn status_of(code: Code) -> StatusCode {
    match code {
        Code::Invalid => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Denied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::Conflict => StatusCode::CONFLICT,
        Code::Gone => StatusCode::GONE,
        Code::Exhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Timeout => StatusCode::GATEWAY_TIMEOUT,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_status_of_its_own() {
        let mut all: Vec<u16> = Code::ALL.iter().map(|code| status_of(*code).as_u16()).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), Code::ALL.len());
    }

    #[test]
    fn a_field_at_fault_has_a_json_pointer() {
        let problem = Problem::of_fields(vec![FieldViolation::new("a.b/c", "is odd")]);
        let body = problem.body(Some("r1"));
        assert_eq!(body["errors"][0]["pointer"], "#/a/b~1c");
        assert_eq!(body["instance"], "urn:usher:request:r1");
        assert_eq!((&body["status"], &body["code"]), (&json!(400), &json!("invalid_argument")));
    }

    #[test]
    fn causes_of_internal_failures_are_not_told() {
        for code in [tonic::Code::Internal, tonic::Code::Unknown, tonic::Code::Unavailable] {
            let problem = Problem::of_refusal(&Status::new(code, "10.0.0.3: select * from users"));
            assert!(!problem.body(None).to_string().contains("select"), "{code:?}");
        }
    }

    #[test]
    fn a_bare_failure_becomes_a_problem_and_keeps_its_headers() {
        let mut response = StatusCode::METHOD_NOT_ALLOWED.into_response();
        response.headers_mut().insert("allow", HeaderValue::from_static("GET"));
        let dressed = dress(response, "r1");
        assert_eq!(dressed.headers()["content-type"], MEDIA_TYPE);
        assert_eq!(dressed.headers()["allow"], "GET");
    }
}
