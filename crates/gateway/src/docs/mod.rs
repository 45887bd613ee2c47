//! The documents as addresses, and a page that shows the API's without asking any other host.

use std::sync::LazyLock;

use axum::{Router, response::IntoResponse, routing::get};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::contract;

static OPENAPI: LazyLock<String> = LazyLock::new(|| contract::openapi().to_string());
static ASYNCAPI: LazyLock<String> = LazyLock::new(|| contract::asyncapi().to_string());

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// `/openapi.json`, `/asyncapi.json` and `/docs`.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/openapi.json", get(async || file(JSON, &OPENAPI)))
        .route("/asyncapi.json", get(async || file(JSON, &ASYNCAPI)))
        .route("/docs", get(async || file(HTML, include_str!("page.html"))))
        .route("/docs/page.js", get(async || file(SCRIPT, include_str!("page.js"))))
        .route("/docs/page.css", get(async || file(STYLE, include_str!("page.css"))))
}

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    // Asked for again after a release, and never shown of a former one.
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], text)
}
