//! The admin listener's router: for operators and probes, never for the outside.

use axum::{Router, http::header::CONTENT_TYPE, response::IntoResponse, routing::get};

use crate::{Health, metrics};

/// `/metrics`, `/livez`, `/readyz`, and whatever else `extra` brings.
///
/// Panics when `extra` has one of these paths too, as merging routers does.
pub fn admin_router(health: &Health, extra: Router) -> Router {
    Router::new().route("/metrics", get(page)).merge(health.routes()).merge(extra)
}

async fn page() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics::render())
}
