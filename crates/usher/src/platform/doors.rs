//! The gRPC door of a process: every service that runs here, behind its guard, on one port.

use std::sync::Arc;

use axum::{
    Router,
    body::Body as HttpBody,
    extract::Request,
    response::{IntoResponse, Response},
};
use tonic::{Status, body::Body};
use tower::ServiceExt;
use wire::Guarded;

/// Hands `/usher.<service>.v1.…` to the service of that name.
pub(super) fn grpc(services: Vec<(&'static str, Guarded)>) -> Router {
    let services = Arc::new(services);
    Router::new().fallback(move |request: Request| {
        let services = Arc::clone(&services);
        async move { dispatch(&services, request).await }
    })
}

async fn dispatch(services: &[(&'static str, Guarded)], request: Request) -> Response {
    let path = request.uri().path();
    let named = |name: &str| {
        path.strip_prefix("/usher.").is_some_and(|rest| rest.starts_with(&format!("{name}.v1.")))
    };
    let Some((_, guarded)) = services.iter().find(|(name, _)| named(name)) else {
        return Status::unimplemented("no such service here")
            .into_http::<HttpBody>()
            .into_response();
    };
    match guarded.clone().oneshot(request.map(Body::new)).await {
        Ok(response) => response.map(HttpBody::new),
        Err(never) => match never {},
    }
}
