//! The door of the provider: `POST /siteverify` with a form.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    Form, Json, Router,
    body::Body,
    extract::State,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::post,
};
use futures::{StreamExt, stream};
use serde_json::json;
use tokio::net::TcpListener;

use super::{Fault, solved::Book};
use crate::life::Life;

pub(super) struct Server {
    pub(super) book: Book,
    pub(super) life: Life,
}

pub(super) fn serve(server: Arc<Server>, listener: TcpListener) {
    let life = server.life.clone();
    let ending = life.ending.clone();
    let router = Router::new().route("/siteverify", post(check)).with_state(server);
    life.spawn(async move {
        let served = axum::serve(listener, router);
        if let Err(failure) = served.with_graceful_shutdown(ending.cancelled_owned()).await {
            tracing::error!(%failure, "the stand-in of a captcha provider has stopped serving");
        }
    });
}

async fn check(
    State(server): State<Arc<Server>>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    match server.book.fault() {
        None => Json(server.book.check(&form)).into_response(),
        Some(Fault::Status(status)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            (status, Html("<h1>Something went wrong</h1>")).into_response()
        }
        Some(Fault::Rubbish) => "success".into_response(),
        Some(Fault::Codes(codes)) => {
            Json(json!({"success": false, "error-codes": codes})).into_response()
        }
        Some(Fault::Cut) => {
            let broken = stream::once(tokio::task::yield_now()).map(|()| Err::<&str, _>("cut"));
            Body::from_stream(broken).into_response()
        }
        Some(Fault::Hang(millis)) => {
            let silence = tokio::time::sleep(Duration::from_millis(millis));
            server.life.ending.run_until_cancelled(silence).await;
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
