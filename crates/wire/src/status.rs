//! One closed list of codes, one mapping to gRPC; details travel as google.rpc error details.

use std::{collections::HashMap, time::Duration};

use kernel::{Code, Failure, FieldViolation};
use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

/// The `domain` of our google.rpc.ErrorInfo.
pub const DOMAIN: &str = "usher";

/// A refusal as the caller reads it, taken out of a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The kind of failure.
    pub code: Code,
    /// The stable word.
    pub reason: String,
    /// The sentence.
    pub message: String,
    /// The fields at fault.
    pub fields: Vec<FieldViolation>,
    /// When trying again may help.
    pub retry_after: Option<Duration>,
}

/// Turns a service's error into a status. Our own faults are logged here, once, with their causes.
pub fn refuse<E: Failure>(error: E) -> Status {
    match error.code() {
        Code::Internal => {
            tracing::error!(reason = error.reason(), error = chain(&error), "request failed")
        }
        Code::Unavailable | Code::Timeout => {
            tracing::warn!(reason = error.reason(), error = chain(&error), "request not served");
        }
        _ => tracing::debug!(reason = error.reason(), error = %error, "request refused"),
    }
    status(&Refusal {
        code: error.code(),
        reason: error.reason().into(),
        message: error.public(),
        fields: error.fields(),
        retry_after: error.retry_after(),
    })
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        next = cause.source();
    }
    text
}

pub(crate) fn invalid(fields: Vec<FieldViolation>) -> Status {
    let message = fields
        .iter()
        .map(|violation| format!("{} {}", violation.field, violation.problem))
        .collect::<Vec<_>>()
        .join("; ");
    let reason = "invalid_argument".into();
    status(&Refusal { code: Code::Invalid, reason, message, fields, retry_after: None })
}

pub(crate) fn plain(code: Code, reason: &str, message: impl Into<String>) -> Status {
    let retry_after = (code == Code::Unavailable).then_some(Duration::from_secs(1));
    let (reason, message) = (reason.into(), message.into());
    status(&Refusal { code, reason, message, fields: Vec::new(), retry_after })
}

fn status(refusal: &Refusal) -> Status {
    let mut details = ErrorDetails::new();
    let word = HashMap::from([("code".to_owned(), word_of(refusal.code).to_owned())]);
    details.set_error_info(refusal.reason.clone(), DOMAIN, word);
    if !refusal.fields.is_empty() {
        let fields = refusal.fields.iter();
        let fields = fields.map(|v| tonic_types::FieldViolation::new(&v.field, &v.problem));
        details.set_bad_request(fields.collect::<Vec<_>>());
    }
    if let Some(after) = refusal.retry_after {
        details.set_retry_info(Some(after));
    }
    Status::with_error_details(grpc_code(refusal.code), refusal.message.clone(), details)
}

/// Reads a status back; one that is not ours keeps its code, and only ours keep their sentence.
#[must_use]
pub fn code_of(status: &Status) -> Refusal {
    let details = status.get_error_details();
    let ours = details.error_info().filter(|info| info.domain == DOMAIN);
    let known = ours.and_then(|info| info.metadata.get("code")).and_then(|word| code_from(word));
    let code = known.unwrap_or_else(|| from_grpc(status.code()));
    let fields = details.bad_request().map(|bad| {
        bad.field_violations.iter().map(|v| FieldViolation::new(&v.field, &v.description)).collect()
    });
    Refusal {
        code,
        reason: ours.map_or_else(|| word_of(code).to_owned(), |info| info.reason.clone()),
        message: status.message().to_owned(),
        fields: fields.unwrap_or_default(),
        retry_after: details
            .retry_info()
            .and_then(|info| info.retry_delay)
            .or_else(|| (code == Code::Unavailable).then_some(Duration::from_secs(1))),
    }
}

const fn grpc_code(code: Code) -> tonic::Code {
    match code {
        Code::Invalid => tonic::Code::InvalidArgument,
        Code::Unauthenticated => tonic::Code::Unauthenticated,
        Code::Denied => tonic::Code::PermissionDenied,
        Code::NotFound => tonic::Code::NotFound,
        Code::Conflict => tonic::Code::AlreadyExists,
        Code::Gone => tonic::Code::FailedPrecondition,
        Code::Exhausted => tonic::Code::ResourceExhausted,
        Code::Unavailable => tonic::Code::Unavailable,
        Code::Timeout => tonic::Code::DeadlineExceeded,
        Code::Internal => tonic::Code::Internal,
    }
}

const fn from_grpc(code: tonic::Code) -> Code {
    match code {
        tonic::Code::InvalidArgument | tonic::Code::OutOfRange => Code::Invalid,
        tonic::Code::Unauthenticated => Code::Unauthenticated,
        tonic::Code::PermissionDenied => Code::Denied,
        tonic::Code::NotFound => Code::NotFound,
        tonic::Code::AlreadyExists | tonic::Code::Aborted => Code::Conflict,
        tonic::Code::FailedPrecondition => Code::Gone,
        tonic::Code::ResourceExhausted => Code::Exhausted,
        tonic::Code::Unavailable => Code::Unavailable,
        tonic::Code::DeadlineExceeded | tonic::Code::Cancelled => Code::Timeout,
        _ => Code::Internal,
    }
}

const fn word_of(code: Code) -> &'static str {
    match code {
        Code::Invalid => "invalid",
        Code::Unauthenticated => "unauthenticated",
        Code::Denied => "denied",
        Code::NotFound => "not_found",
        Code::Conflict => "conflict",
        Code::Gone => "gone",
        Code::Exhausted => "exhausted",
        Code::Unavailable => "unavailable",
        Code::Timeout => "timeout",
        Code::Internal => "internal",
    }
}

fn code_from(word: &str) -> Option<Code> {
    Code::ALL.into_iter().find(|code| word_of(*code) == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_the_wire() {
        for code in Code::ALL {
            let back = code_of(&plain(code, "some_reason", "Some sentence."));
            assert_eq!((back.code, back.reason.as_str()), (code, "some_reason"));
        }
    }

    #[test]
    fn fields_at_fault_survive_the_wire() {
        let fields = vec![FieldViolation::new("email", "has no @")];
        assert_eq!(code_of(&invalid(fields.clone())).fields, fields);
    }
}
