//! From an answer's bytes to proto3 JSON.

use axum::response::{IntoResponse, Response};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, ETAG},
};
use prost_reflect::{DynamicMessage, MessageDescriptor, SerializeOptions};

use crate::problem::Problem;

/// The answer as a JSON response, with the tag of its version where it has one.
pub(super) fn json(answer: &DynamicMessage, tag: Option<HeaderValue>) -> Result<Response, Problem> {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, keeping(&tag))];
    let mut response = (headers, text(answer)?).into_response();
    if let Some(tag) = tag {
        response.headers_mut().insert(ETAG, tag);
    }
    Ok(response)
}

/// The answer to whoever has it already.
pub(super) fn unchanged(tag: HeaderValue) -> Response {
    let tag = Some(tag);
    let keeping = [(CACHE_CONTROL, keeping(&tag))];
    let mut response = (StatusCode::NOT_MODIFIED, keeping).into_response();
    response.headers_mut().extend(tag.map(|tag| (ETAG, tag)));
    response
}

/// What has a version may be kept by whoever asked for it, who then asks whether it holds still; all else may not.
fn keeping(tag: &Option<HeaderValue>) -> &'static str {
    if tag.is_some() { "private, no-cache" } else { "no-store" }
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
