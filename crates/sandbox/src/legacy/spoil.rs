//! Answers to calls that were served, made worse on their way to the client.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json,
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use serde_json::Value;

use super::{answer::Refusal, fault::Fault, line::Line};
use crate::life::Life;

/// What an endless body consists of: valid beginnings of JSON, so that a reader hopes on.
const AGAIN: &[u8] = &[b' '; 4096];

const GARBAGE: &[u8] = b"\xff\xfe{\"success\": tru\x00e, \"result\": [<html>";

/// The answer, or what the fault leaves of it.
pub(super) fn answer(
    fault: &Fault,
    answer: Result<Value, Refusal>,
    line: &Line,
    life: &Life,
) -> Response {
    match fault {
        Fault::LostAnswer => line.cut(),
        Fault::ResetServed => line.reset(),
        Fault::NoHttp => line.talk_nonsense(),
        Fault::CutAnswer => return cut_short(answer),
        Fault::Drip { millis } => return dripping(answer, Duration::from_millis(*millis), life),
        Fault::Garbage => return (json_type(), GARBAGE).into_response(),
        Fault::WrongType => {
            let mut response = answer.map(Json).into_response();
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, html);
            return response;
        }
        Fault::Endless => {
            let chunk = Ok::<_, Infallible>(Bytes::from_static(AGAIN));
            let body = Body::from_stream(until_the_end(stream::repeat(chunk), life));
            return (json_type(), body).into_response();
        }
        _ => {}
    }
    answer.map(Json).into_response()
}

/// Promises the whole body, sends half of it, and breaks off.
fn cut_short(answer: Result<Value, Refusal>) -> Response {
    let (status, text) = whole(answer);
    let half = Bytes::copy_from_slice(&text.as_bytes()[..text.len() / 2]);
    // The pause makes the server send what it has before it learns of the end.
    let end = stream::once(tokio::task::yield_now()).map(|()| Err("cut"));
    let body = stream::iter([Ok(half)]).chain(end);
    let mut response = (status, json_type(), Body::from_stream(body)).into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(text.len()));
    response
}

/// The whole body, a byte at a time.
fn dripping(answer: Result<Value, Refusal>, pause: Duration, life: &Life) -> Response {
    let (status, text) = whole(answer);
    let length = text.len();
    let drops = stream::iter(text.into_bytes()).then(move |byte| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, Infallible>(Bytes::copy_from_slice(&[byte]))
    });
    let body = Body::from_stream(until_the_end(drops, life));
    let mut response = (status, json_type(), body).into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// The stand-in can stop although a client listens for ever.
fn until_the_end<S: Stream>(body: S, life: &Life) -> impl Stream<Item = S::Item> + use<S> {
    body.take_until(life.ending.clone().cancelled_owned())
}

fn whole(answer: Result<Value, Refusal>) -> (StatusCode, String) {
    let status = answer.as_ref().map_or_else(Refusal::status, |_| StatusCode::OK);
    (status, answer.unwrap_or_default().to_string())
}

fn json_type() -> [(header::HeaderName, &'static str); 1] {
    [(header::CONTENT_TYPE, "application/json")]
}
