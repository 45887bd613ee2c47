//! From an answer's bytes to proto3 JSON.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use prost_reflect::{DynamicMessage, MessageDescriptor, SerializeOptions};

use crate::problem::Problem;

/// The answer as a JSON response.
pub(super) fn json(output: &MessageDescriptor, answer: &[u8]) -> Result<Response, Problem> {
    let message = decode(output, answer)?;
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    Ok((headers, text(&message)?).into_response())
}

/// The message behind the bytes.
pub(super) fn decode(output: &MessageDescriptor, answer: &[u8]) -> Result<DynamicMessage, Problem> {
    DynamicMessage::decode(output.clone(), answer).map_err(|problem| {
        tracing::error!(message = output.full_name(), %problem, "an answer is not of its type");
        Problem::internal()
    })
}

/// The message as JSON. Fields without a value are written too, so that a list is a list also when it is empty;
/// absent messages (an instant that never was) are left out.
pub(super) fn text(message: &DynamicMessage) -> Result<String, Problem> {
    let mut text = Vec::new();
    let options = SerializeOptions::new().skip_default_fields(false);
    message.serialize_with_options(&mut serde_json::Serializer::new(&mut text), &options).map_err(
        |problem| {
            tracing::error!(%problem, "an answer has no JSON form");
            Problem::internal()
        },
    )?;
    String::from_utf8(text).map_err(|_| Problem::internal())
}
