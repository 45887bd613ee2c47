//! The routes of the legacy API: bare, below `/api`, and with the verb as a word.

use axum::{
    Router,
    extract::{RawPathParams, Request},
    response::Response,
    routing::{MethodFilter, MethodRouter, any, on},
};
use http::{Method, StatusCode};

use super::{
    envelope::refuse,
    rows::{ROWS, Row},
    serve::serve,
};
use crate::{
    front::{Front, client},
    problem::Problem,
};

/// A router with every call.
pub(crate) fn router(front: &Front) -> Router {
    let mut router = Router::new();
    for row in &ROWS {
        for prefix in ["", "/api"] {
            let path = format!("{prefix}{}", row.path);
            router = router.route(&path, endpoint(front, row, &row.verb));
            if let Some(word) = row.word {
                router =
                    router.route(&format!("{path}/{word}"), endpoint(front, row, &Method::POST));
            }
        }
    }
    router
        .method_not_allowed_fallback(|request| bare(StatusCode::METHOD_NOT_ALLOWED, request))
        .route("/api/{*path}", any(|request| bare(StatusCode::NOT_FOUND, request)))
}

fn endpoint(front: &Front, row: &'static Row, verb: &Method) -> MethodRouter {
    let front = front.clone();
    let handler = move |vars: RawPathParams, request: Request| {
        let front = front.clone();
        let vars = vars.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        async move { serve(&front, row, vars, request).await }
    };
    on(filter(verb), handler)
}

fn filter(verb: &Method) -> MethodFilter {
    match *verb {
        Method::POST => MethodFilter::POST,
        Method::PATCH => MethodFilter::PATCH,
        Method::DELETE => MethodFilter::DELETE,
        // The rows know these four.
        _ => MethodFilter::GET,
    }
}

/// Old clients read `message` also where there is nothing.
async fn bare(status: StatusCode, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let request_id = client(&parts).map(|client| client.request_id.clone()).unwrap_or_default();
    refuse(&Problem::from(status), &request_id)
}
