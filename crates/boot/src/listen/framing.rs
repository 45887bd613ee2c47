//! Requests of HTTP/1.1 whose end or whose addressee two readers could see differently (RFC 9112).

use axum::{body::Body, response::Response};
use http::{HeaderValue, Request, StatusCode, Version, header};

/// Whether the request must name its host and does not (RFC 9112, 3.2).
pub(super) fn lacks_host<B>(request: &Request<B>) -> bool {
    request.version() == Version::HTTP_11 && !request.headers().contains_key(header::HOST)
}

/// The answer to a request without a host.
pub(super) fn refusal() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    end_connection(&mut response);
    response
}

/// Whether the connection ends with this request. A body in chunks may have come with a `Content-Length` that a proxy
/// before us believed: what follows the last chunk is then not the next request but the rest of this one, so it is never
/// read (RFC 9112, 6.1).
pub(super) fn ends_connection<B>(request: &Request<B>) -> bool {
    request.version() == Version::HTTP_11
        && request.headers().contains_key(header::TRANSFER_ENCODING)
}

/// Has the connection end after this answer.
pub(super) fn end_connection(response: &mut Response) {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
}
