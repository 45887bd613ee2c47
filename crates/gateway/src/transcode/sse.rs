//! A streaming method as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::response::{
    IntoResponse, Response,
    sse::{Event, KeepAlive, Sse},
};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http::{HeaderName, HeaderValue, header::CACHE_CONTROL, request::Parts};
use kernel::Cx;
use prost_reflect::MessageDescriptor;
use tonic::Status;

use super::{
    Route,
    reply::{decode, text},
    route::text_of,
    serve::refused,
};
use crate::{
    front::{Front, Wanted, client},
    problem::Problem,
    upstream,
};

/// How often a quiet stream shows that it lives: below the minute after which proxies give up.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How often it is asked whether the caller still may listen.
const RECHECK: Duration = Duration::from_secs(5);

/// Opens the stream. It ends with the host, with the caller's right to it, and with the method's own end.
pub(super) async fn stream(
    front: &Front,
    route: &'static Route,
    parts: Parts,
    cx: Cx,
    message: Bytes,
) -> Result<Response, Problem> {
    let path = route.path.clone();
    let answers = upstream::stream(front.mesh(), &route.service, path, &cx, message).await;
    let answers = answers.map_err(|status| refused(route, &status))?;
    let request_id = client(&parts)?.request_id.clone();
    let stopping = front.host().stopping().cancelled_owned();
    let events = events(route.rpc.output(), request_id, answers)
        .take_until(stopping)
        .take_until(Box::pin(shut_out(front.clone(), route, parts)));
    let mut response =
        Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// Each answer as an event. A failure is the last one, with the problem as its data.
fn events(
    output: MessageDescriptor,
    request_id: String,
    answers: impl Stream<Item = Result<Bytes, Status>> + Unpin,
) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(Some(answers), move |answers| {
        let (output, request_id) = (output.clone(), request_id.clone());
        async move {
            let mut answers = answers?;
            let answer = answers.next().await?.map_err(Problem::from);
            match answer.and_then(|answer| event(&output, &answer)) {
                Ok(event) => Some((Ok(event), Some(answers))),
                Err(problem) => {
                    let data = problem.body(Some(&request_id)).to_string();
                    Some((Ok(Event::default().event("problem").data(data)), None))
                }
            }
        }
    })
}

/// An answer as an event; one with the attributes of a CloudEvent is named and numbered by them.
fn event(output: &MessageDescriptor, answer: &[u8]) -> Result<Event, Problem> {
    let message = decode(output, answer)?;
    let attribute =
        |name: &str| text_of(&message, name).filter(|text| !text.contains(['\r', '\n', '\0']));
    let mut event = Event::default().data(text(&message)?);
    if let Some(id) = attribute("id") {
        event = event.id(id);
    }
    if let Some(kind) = attribute("type") {
        event = event.event(kind);
    }
    Ok(event)
}

/// Waits until the caller may not listen any more. While that cannot be found out, nothing changes.
async fn shut_out(front: Front, route: &'static Route, parts: Parts) {
    if route.rule.public {
        return std::future::pending().await;
    }
    loop {
        tokio::time::sleep(RECHECK).await;
        match front.admit(&parts, Wanted::Person).await {
            Ok(visitor) => {
                let permission = &route.rule.permission;
                let listens = route.rule.signed_in && !visitor.cx.flags.suspended;
                if !listens && !visitor.cx.may(permission) {
                    return;
                }
            }
            Err(problem) if problem.status().is_client_error() => return,
            Err(_) => {}
        }
    }
}
