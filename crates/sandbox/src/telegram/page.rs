//! The page that shows what the bot has sent.

use std::sync::Arc;

use askama::Template;
use axum::{
    Json, Router,
    extract::{Query, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use super::{Call, Handle, Message};
use crate::pages::{Ask, ROWS, html, newest, wants_json};

#[derive(Template)]
#[template(path = "telegram.html")]
struct Page {
    url: String,
    messages: Vec<Arc<Message>>,
    calls: Vec<Arc<Call>>,
}

pub(crate) fn router(telegram: Handle) -> Router {
    Router::new().route("/telegram", get(page)).with_state(telegram)
}

async fn page(
    State(telegram): State<Handle>,
    Query(ask): Query<Ask>,
    headers: HeaderMap,
) -> Response {
    let (mut messages, mut calls) = (telegram.messages(), telegram.calls());
    let json = wants_json(&ask, &headers);
    let rows = ask.limit.unwrap_or(if json { usize::MAX } else { ROWS });
    newest(&mut messages, rows);
    newest(&mut calls, rows);
    if json {
        let messages: Vec<&Message> = messages.iter().map(Arc::as_ref).collect();
        let calls: Vec<&Call> = calls.iter().map(Arc::as_ref).collect();
        let body = json!({"url": telegram.url(), "messages": messages, "calls": calls});
        return Json(body).into_response();
    }
    messages.reverse();
    calls.reverse();
    html(&Page { url: telegram.url(), messages, calls })
}
