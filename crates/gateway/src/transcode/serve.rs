//! One API request from its limits to its answer.

use std::time::Duration;

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, request::Parts};
use http_body_util::BodyExt;
use kernel::{Clock, Code, Cx};
use prost::Message;

use super::{
    Route,
    fields::{Sources, json_path, read},
    reply, stream,
};
use crate::{
    client::sole,
    front::{Front, Visitor, Wanted, client},
    limits::{Class, Standing, Who},
    problem::Problem,
    upstream,
};

/// Largest body that is read, in bytes, unless a method's rule says otherwise.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// How much of a larger body is read and forgotten, so that its sender hears the refusal and not a broken connection.
const DRAINED: usize = 8 * 1024 * 1024;

/// How long a body may take to arrive, however steadily it trickles.
const ARRIVAL: Duration = Duration::from_secs(60);
/// What ends the session in use: its token is not believed a moment longer.
const GIVES_UP: [&str; 3] = ["session.end", "session.end_all", "session.step_up"];

/// What a call may take in all.
pub(crate) const LONGEST: Duration = Duration::from_secs(30);

/// Serves `route`; the limits' headers stand on every answer.
pub(super) async fn serve(
    front: &Front,
    route: &'static Route,
    vars: Vec<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let mut standing = None;
    let outcome = answer(front, route, vars, parts, body, &mut standing).await;
    let mut response = outcome.unwrap_or_else(IntoResponse::into_response);
    if let Some(standing) = standing {
        standing.write(response.headers_mut());
    }
    response
}

async fn answer(
    front: &Front,
    route: &'static Route,
    vars: Vec<String>,
    parts: Parts,
    body: Body,
    standing: &mut Option<Standing>,
) -> Result<Response, Problem> {
    let wanted = match (route.rule.public, route.rule.signed_in) {
        (true, true) => Wanted::Visitor,
        (true, false) => Wanted::Anyone,
        _ => Wanted::Person,
    };
    let visitor = enter(front, &parts, route.class, wanted, standing).await?;
    let mut cx = visitor.cx.clone();
    if route.rule.idempotent {
        cx.idempotency_key = idempotency_key(&parts.headers)?;
    }
    let body = collect(body, largest(route)).await?;
    let sources = Sources {
        vars,
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        body: &body,
    };
    let message = Bytes::from(read(route, &sources)?.encode_to_vec());
    if route.is_stream() {
        return stream::open(front, route, parts, cx, message).await;
    }
    cx.deadline = Some(Clock::system().now().after(LONGEST));
    let path = route.path.clone();
    let answer = upstream::call(front.mesh(), &route.service, path, &cx, message).await;
    let answer = answer.map_err(|status| refused(route, &status))?;
    if GIVES_UP.contains(&route.rule.audit.as_str()) {
        front.forget(&visitor);
    }
    reply::json(&route.rpc.output(), &answer)
}

/// Charges the limits of the address and of the tenant, and reads who asks for which tenant in between.
pub(crate) async fn enter(
    front: &Front,
    parts: &Parts,
    class: Class,
    wanted: Wanted,
    standing: &mut Option<Standing>,
) -> Result<Visitor, Problem> {
    *standing = front.charge(class, Who::Address(client(parts)?.ip));
    standing.as_ref().map_or(Ok(()), Standing::verdict)?;
    let visitor = front.admit(parts, wanted).await?;
    describe(&visitor.cx);
    if let (Some(tenant), Wanted::Person) = (&visitor.tenant, wanted) {
        for charged in [front.charge(class, Who::Tenant(tenant.id)), front.charge_plan(tenant)] {
            let verdict = charged.as_ref().map_or(Ok(()), Standing::verdict);
            *standing = Standing::tighter(standing.take(), charged);
            verdict?;
        }
    }
    Ok(visitor)
}

/// The service's refusal, with its fields named as the caller knows them.
pub(super) fn refused(route: &Route, status: &tonic::Status) -> Problem {
    let input = route.rpc.input();
    Problem::of_refusal(status).map_fields(|field| json_path(&input, field))
}

fn describe(cx: &Cx) {
    let span = tracing::Span::current();
    if let Some(tenant) = cx.tenant {
        span.record("tenant.id", tracing::field::display(tenant));
    }
    span.record("actor.id", cx.actor.label());
}

/// How many bytes a body of this route may have.
const fn largest(route: &Route) -> usize {
    match route.rule.body_kib {
        0 => MAX_BODY,
        kib => kib as usize * 1024,
    }
}

/// The body, once it has arrived whole and has no more than `most` bytes.
pub(crate) async fn collect(body: Body, most: usize) -> Result<Bytes, Problem> {
    match tokio::time::timeout(ARRIVAL, gather(body, most)).await {
        Ok(gathered) => gathered,
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT.into()),
    }
}

async fn gather(mut body: Body, most: usize) -> Result<Bytes, Problem> {
    let (mut kept, mut length) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            tracing::debug!(%error, "a body did not arrive");
            let detail = "The body did not arrive whole.";
            Problem::new(Code::Invalid, "body_incomplete", detail)
        })?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length <= most {
            kept.extend_from_slice(&data);
        } else if length > DRAINED {
            break;
        }
    }
    if length > most {
        let detail = format!("The body is larger than {most} bytes.");
        return Err(Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail));
    }
    Ok(kept.freeze())
}

/// The caller's key for a repeatable write: a structured-field string, or the bare text that many callers send.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let name = "idempotency-key";
    if !headers.contains_key(name) {
        return Ok(None);
    }
    let text = sole(headers, name).unwrap_or_default();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let key = inner.unwrap_or(&text);
    let is_plain = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
    if (1..=255).contains(&key.len()) && key.bytes().all(is_plain) {
        return Ok(Some(key.to_owned()));
    }
    let detail = "Idempotency-Key stands once and holds 1 to 255 visible ASCII characters.";
    Err(Problem::new(Code::Invalid, "bad_idempotency_key", detail))
}
