//! One API request from its limits to its answer.

use std::time::Duration;

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, request::Parts};
use http_body_util::BodyExt;
use kernel::{Clock, Code, Cx};
use prost::Message;
use wire::rules;

use super::{
    Route,
    fields::{Sources, json_path, read},
    rates, reply, stream,
    version::{self, Versions},
};
use crate::{
    captcha,
    client::sole,
    front::{Front, Visitor, Wanted, client},
    limits::{Class, Standing, Who},
    problem::Problem,
    signed::Signed,
    tenancy::Tenant,
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
    let opens = Opens::of(route.service.as_str(), route.rpc.name());
    let visitor = enter(front, &parts, route.class, (wanted, opens), standing).await?;
    let mut cx = visitor.cx.clone();
    if route.rule.idempotent {
        cx.idempotency_key = idempotency_key(&parts.headers)?;
    }
    let versions = Versions::of(route, &vars, &cx);
    let expected = version::expected(route, versions.as_ref(), &parts.headers)?;
    let body = collect(body, largest(route)).await?;
    let sources = Sources {
        vars,
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        body: &body,
    };
    let mut message = read(route, &sources)?;
    version::tell(&mut message, expected)?;
    let message = Bytes::from(message.encode_to_vec());
    if route.is_stream() {
        return stream::open(front, route, parts, cx, message).await;
    }
    if route.rule.captcha {
        let proof = captcha::sent(&parts.headers)?;
        captcha::prove(front.mesh(), &cx, &rules::operation(&route.rpc), proof).await?;
    }
    cx.deadline = Some(Clock::system().now().after(LONGEST));
    let path = route.path.clone();
    let answer = upstream::call(front.mesh(), &route.service, path, &cx, message).await;
    let answer = answer.map_err(|status| version::refused(refused(route, &status), expected))?;
    if GIVES_UP.contains(&route.rule.audit.as_str()) {
        front.forget(&visitor);
    }
    let answer = rates::add(front, route, &visitor, answer).await?;
    let answer = reply::decode(&route.rpc.output(), &answer)?;
    let tag = versions.and_then(|versions| versions.tag(&answer));
    let is_known = |tag| route.verb.is_safe() && version::is_known(&parts.headers, tag);
    match tag {
        Some(tag) if is_known(&tag) => Ok(reply::unchanged(tag)),
        tag => reply::json(&answer, tag),
    }
}

/// What is served while the platform is being maintained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opens {
    /// By operators alone.
    Normally,
    /// By anybody: it signs in, or tells outside verifiers which keys count.
    Always,
}

/// The methods by which operators sign in.
const SIGN_IN: [&str; 10] = [
    "AskSignInLetter",
    "BeginPasskeyConfirmation",
    "BeginPasskeySignIn",
    "ConfirmSession",
    "ConfirmSessionByPasskey",
    "CreateSession",
    "FinishPasskeySignIn",
    "FinishSso",
    "RedeemSignInLetter",
    "SignInForTokens",
];

impl Opens {
    fn of(service: &str, rpc: &str) -> Self {
        if service == "auth" && SIGN_IN.contains(&rpc) { Self::Always } else { Self::Normally }
    }
}

/// Charges the limits of the address and of the tenant, and reads who asks for which tenant in between.
pub(crate) async fn enter(
    front: &Front,
    parts: &Parts,
    class: Class,
    (wanted, opens): (Wanted, Opens),
    standing: &mut Option<Standing>,
) -> Result<Visitor, Problem> {
    let signed = parts.extensions.get::<Signed>().filter(|signed| signed.charged.0 == class);
    *standing = match signed {
        Some(signed) => signed.charged.1.clone(),
        None => front.charge(class, Who::Address(client(parts)?.ip)).await,
    };
    standing.as_ref().map_or(Ok(()), Standing::verdict)?;
    let admitted = front.admit(parts, wanted).await;
    if let Some(notice) = front.maintenance().await.filter(|_| opens == Opens::Normally) {
        // Whom the services cannot tell of is not served meanwhile either.
        let is_operator = admitted.as_ref().is_ok_and(|visitor| visitor.cx.flags.system_admin);
        if !is_operator {
            return Err(notice.refusal());
        }
    }
    let visitor = admitted?;
    describe(&visitor.cx);
    if let (Some(tenant), Wanted::Person) = (&visitor.tenant, wanted) {
        charge_member(front, &visitor, tenant, class, standing).await?;
    }
    Ok(visitor)
}

/// Charges what a member's tenant may use of this class and in all, and what the member may use of that.
async fn charge_member(
    front: &Front,
    visitor: &Visitor,
    tenant: &Tenant,
    class: Class,
    standing: &mut Option<Standing>,
) -> Result<(), Problem> {
    // Each only after the one before has let it pass: what one person asks too much takes nothing from the others.
    meet(standing, front.charge_key(visitor).await)?;
    meet(standing, front.charge(class, Who::person(tenant.id, &visitor.cx.actor)).await)?;
    meet(standing, front.charge(class, Who::Tenant(tenant.id)).await)?;
    meet(standing, front.charge_plan(tenant).await)
}

/// Keeps the tighter of two standings, and refuses where the new one does.
fn meet(standing: &mut Option<Standing>, charged: Option<Standing>) -> Result<(), Problem> {
    let verdict = charged.as_ref().map_or(Ok(()), Standing::verdict);
    *standing = match verdict {
        Ok(()) => Standing::tighter(standing.take(), charged),
        Err(_) => charged,
    };
    verdict
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
    let too_large = || {
        let detail = format!("The body is larger than {most} bytes.");
        Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    };
    // What is announced as larger than we would forget is not waited for.
    if body.size_hint().lower() > DRAINED as u64 {
        return Err(too_large());
    }
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
    if length > most { Err(too_large()) } else { Ok(kept.freeze()) }
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
