//! The public keys of tokens, for whoever verifies them (RFC 7517).

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{
    HeaderValue,
    header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE},
};

use crate::{
    front::{Front, Wanted},
    limits::Class,
    problem::Problem,
    transcode::{Opens, enter},
};

/// Readers may keep the keys for half the time for which a key is published before it signs.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The routes.
pub(crate) fn router(front: &Front) -> Router {
    Router::new().route("/.well-known/jwks.json", get(jwks)).with_state(front.clone())
}

/// The JWK set (RFC 7517).
async fn jwks(State(front): State<Front>, request: Request) -> Response {
    match keys(&front, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn keys(front: &Front, request: Request) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let visitor =
        enter(front, &parts, Class::Read, (Wanted::Anyone, Opens::Always), &mut None).await?;
    let signers = front.access_tokens().signers(&visitor.cx).await?;
    let mut response = Response::new(Body::from(signers.keys.jwks().to_string()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json"));
    headers.insert(CACHE_CONTROL, KEPT);
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    Ok(response)
}
