//! A stream as server-sent events (HTML Living Standard, section 9.2).

use std::{convert::Infallible, time::Duration};

use axum::response::{
    IntoResponse, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt};
use prost_reflect::DynamicMessage;

use super::{reply::text, route::text_of};
use crate::problem::Problem;

/// How often a quiet stream shows that it lives: below the minute after which proxies give up.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Each message as an event. A failure is an event with the problem as its data.
pub(super) fn respond(
    messages: impl Stream<Item = Result<DynamicMessage, Problem>> + Send + 'static,
    request_id: String,
) -> Response {
    let events = messages.map(move |message| {
        let event = message.and_then(|message| event(&message)).unwrap_or_else(|problem| {
            let data = problem.body(Some(&request_id)).to_string();
            Event::default().event("problem").data(data)
        });
        Ok::<_, Infallible>(event)
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

/// A message as an event; one with the attributes of a CloudEvent is named and numbered by them.
fn event(message: &DynamicMessage) -> Result<Event, Problem> {
    let attribute =
        |name: &str| text_of(message, name).filter(|text| !text.contains(['\r', '\n', '\0']));
    let mut event = Event::default().data(text(message)?);
    if let Some(id) = attribute("id") {
        event = event.id(id);
    }
    if let Some(kind) = attribute("type") {
        event = event.event(kind);
    }
    Ok(event)
}
