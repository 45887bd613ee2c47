//! The door of the Bot API: `/bot<token>/<method>`.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{HeaderValue, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{
    answer::Refusal,
    bot::{Bot, Call},
    fault::Fault,
};
use crate::{chance::Latency, life::Life};

const LARGEST_BODY: usize = 1024 * 1024;

pub(super) struct Server {
    pub(super) bot: Bot,
    pub(super) latency: Latency,
    pub(super) life: Life,
}

pub(super) fn serve(server: Arc<Server>, listener: TcpListener) {
    let life = server.life.clone();
    let ending = life.ending.clone();
    let router = Router::new()
        .fallback(answer)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(server);
    life.spawn(async move {
        let served = axum::serve(listener, router);
        if let Err(failure) = served.with_graceful_shutdown(ending.cancelled_owned()).await {
            tracing::error!(%failure, "the stand-in of Telegram has stopped serving");
        }
    });
}

async fn answer(State(server): State<Arc<Server>>, uri: Uri, body: Bytes) -> Response {
    let named = uri.path().strip_prefix("/bot").and_then(|rest| rest.split_once('/'));
    let Some((token, method)) = named else {
        return Refusal::NoSuchMethod.into_response();
    };
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let number = server.bot.calls.len() as u64;
    server.pause(server.latency.draw(0, number)).await;
    let fault = server.bot.fault(method);
    let done = match &fault {
        Some(fault) => server.spoil(fault, token, method, &body).await,
        None => server.bot.run(token, method, &body).map_or_else(Refusal::into_response, accepted),
    };
    let chat_id = match &body["chat_id"] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let (at, status) = (Timestamp::now(), done.status().as_u16());
    server.bot.calls.push(Call { at, method: method.to_owned(), chat_id, status, fault });
    done
}

impl Server {
    async fn spoil(&self, fault: &Fault, token: &str, method: &str, body: &Value) -> Response {
        match fault {
            Fault::RateLimited { retry_after, told } => {
                Refusal::RateLimited { retry_after: *retry_after, told: *told }.into_response()
            }
            Fault::ServerError => Refusal::ServerError.into_response(),
            Fault::BadGateway => {
                (StatusCode::BAD_GATEWAY, Html("<h1>502 Bad Gateway</h1>")).into_response()
            }
            Fault::Refused { status, description } => {
                Refusal::Scripted { status: *status, description: description.clone() }
                    .into_response()
            }
            Fault::Hang { millis } => {
                self.pause(Duration::from_millis(*millis)).await;
                Refusal::ServerError.into_response()
            }
            Fault::CutAnswer => match self.bot.run(token, method, body) {
                Ok(result) => cut_short(&result),
                Err(refusal) => refusal.into_response(),
            },
        }
    }

    /// Sleeps, but not past the end of the stand-in.
    async fn pause(&self, time: Duration) {
        if !time.is_zero() {
            self.life.ending.run_until_cancelled(tokio::time::sleep(time)).await;
        }
    }
}

fn accepted(result: Value) -> Response {
    Json(json!({"ok": true, "result": result})).into_response()
}

/// Promises the whole body, sends half of it, and breaks off.
fn cut_short(result: &Value) -> Response {
    let text = json!({"ok": true, "result": result}).to_string();
    let half = Bytes::copy_from_slice(&text.as_bytes()[..text.len() / 2]);
    // The pause makes the server send what it has before it learns of the end.
    let end = stream::once(tokio::task::yield_now()).map(|()| Err("cut"));
    let body = stream::iter([Ok(half)]).chain(end);
    let mut response = Body::from_stream(body).into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(text.len()));
    response
}
