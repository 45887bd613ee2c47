//! The door of the legacy backend: who calls, what goes wrong, what is answered.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{ConnectInfo, DefaultBodyLimit, State, rejection::BytesRejection},
    http::{HeaderMap, Method, Uri},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{
    answer::Refusal,
    caller::Caller,
    config::Config,
    fault::Fault,
    ledger::{Ledger, Pending},
    line::{Line, Lines},
    record::{Op, Outcome},
    request::Request,
    spoil,
};
use crate::life::Life;

/// Datasets are uploaded whole.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

pub(super) struct Backend {
    pub(super) config: Config,
    pub(super) ledger: Ledger,
    pub(super) life: Life,
}

pub(super) fn serve(backend: Arc<Backend>, listener: TcpListener) {
    let life = backend.life.clone();
    let ending = life.ending.clone();
    let router = Router::new()
        .route("/health", get(health))
        .route("/api/health", get(health))
        .fallback(answer)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(backend)
        .into_make_service_with_connect_info::<Line>();
    life.spawn(async move {
        let server = axum::serve(Lines(listener), router);
        if let Err(failure) = server.with_graceful_shutdown(ending.cancelled_owned()).await {
            tracing::error!(%failure, "the legacy stand-in has stopped serving");
        }
    });
}

/// Needs no key, and is neither recorded nor spoiled: it is asked all day long.
async fn health() -> Json<Value> {
    Json(json!({"success": true, "status": "ok"}))
}

/// A caller who gives up does not stop the backend: the work runs in a task of its own.
async fn answer(
    State(backend): State<Arc<Backend>>,
    ConnectInfo(line): ConnectInfo<Line>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let (send, receive) = tokio::sync::oneshot::channel();
    let life = backend.life.clone();
    let op = route(&method, uri.path());
    let cut = line.clone();
    life.spawn(async move {
        let response = backend.call(op, &headers, body, &line).await;
        // The receiver is gone when the caller gave up.
        send.send(response).ok();
    });
    receive.await.unwrap_or_else(|_| {
        cut.cut();
        Refusal::ServerError.into_response()
    })
}

fn route(method: &Method, path: &str) -> Op {
    let path = path.strip_prefix("/api").unwrap_or(path);
    match (method.as_str(), path) {
        ("POST", "/admin/spreadsheets/register") => Op::Register,
        ("POST", "/admin/wb/tokens/add") => Op::TokensAdd,
        ("POST", "/admin/wb/tokens/list") => Op::TokensList,
        ("POST", "/ss/wb/token/get") => Op::TokenGet,
        ("POST", "/ss/datasets/update") => Op::DatasetsUpdate,
        ("POST", "/ss/datasets/data") => Op::DatasetsData,
        ("POST", "/ss/datasets/upload") => Op::DatasetsUpload,
        ("POST", "/actions") => Op::Actions,
        ("GET", "/admin/metrics") => Op::Metrics,
        _ => Op::Unknown,
    }
}

impl Backend {
    async fn call(
        &self,
        op: Op,
        headers: &HeaderMap,
        body: Result<Bytes, BytesRejection>,
        line: &Line,
    ) -> Response {
        let mut call = Pending::new(self.ledger.number(), op);
        let told = |name| Some(headers.get(name)?.to_str().ok()?.to_owned());
        (call.idempotency_key, call.traceparent) = (told("idempotency-key"), told("traceparent"));
        let request =
            body.map_err(|_| Refusal::BodyTooLarge).and_then(|body| Request::parse(&body));
        let named = request.as_ref().ok().and_then(Request::spreadsheet_id);
        call.spreadsheet_id = named.map(str::to_owned);
        let admitted = Caller::identify(&self.config, headers).and_then(|caller| {
            call.key = Some(caller.credential.clone());
            caller.may(op, named)?;
            self.ledger.admit(&caller, &mut call)?;
            Ok(caller)
        });
        match admitted {
            Ok(caller) => self.play(call, caller, request, line).await,
            Err(refusal) => self.refuse(call, refusal),
        }
    }

    /// The delay, then the fault or the work or both.
    async fn play(
        &self,
        call: Pending,
        caller: Caller,
        request: Result<Request, Refusal>,
        line: &Line,
    ) -> Response {
        let seed = self.config.mix.seed;
        self.pause(self.config.latency.draw(seed, call.number)).await;
        let fault = call.fault.clone();
        match &fault {
            Some(fault) if !fault.is_served() => return self.turn_away(call, fault, line).await,
            Some(Fault::Slow { millis }) => self.pause(Duration::from_millis(*millis)).await,
            _ => {}
        }
        let answer = self.ledger.serve(&self.config, &caller, call, request);
        match fault {
            Some(fault) => spoil::answer(&fault, answer, line, &self.life),
            None => answer.map(Json).into_response(),
        }
    }

    /// Plays a fault that leaves nothing done.
    async fn turn_away(&self, call: Pending, fault: &Fault, line: &Line) -> Response {
        let refusal = match fault {
            Fault::RateLimited { retry_after } => {
                Refusal::RateLimited { retry_after: *retry_after }
            }
            Fault::Refused { status, message } => {
                Refusal::Scripted { status: *status, message: message.clone() }
            }
            Fault::Gateway { status } => Refusal::Gateway { status: *status },
            Fault::Redirect { location } => Refusal::Redirect { location: location.clone() },
            Fault::Hang { millis } => {
                let recorded = self.ledger.turn_away(call, Outcome::Hung);
                self.pause(Duration::from_millis(*millis)).await;
                line.cut();
                return recorded.into_response();
            }
            Fault::Reset => {
                line.reset();
                return self.ledger.turn_away(call, Outcome::Hung).into_response();
            }
            _ => Refusal::ServerError,
        };
        self.refuse(call, refusal)
    }

    fn refuse(&self, call: Pending, refusal: Refusal) -> Response {
        let status = refusal.status().as_u16();
        match self.ledger.turn_away(call, Outcome::Answered { status }) {
            Ok(()) => refusal.into_response(),
            Err(closed) => closed.into_response(),
        }
    }

    /// Sleeps, but not past the end of the stand-in.
    async fn pause(&self, time: Duration) {
        if !time.is_zero() {
            self.life.ending.run_until_cancelled(tokio::time::sleep(time)).await;
        }
    }
}
