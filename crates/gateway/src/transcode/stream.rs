//! A streaming method: opened, bounded, and ended in time, whatever form its answers take.

use axum::response::Response;
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http::{HeaderName, HeaderValue, header::CACHE_CONTROL, request::Parts};
use kernel::{Actor, Cx};
use prost_reflect::{DynamicMessage, MessageDescriptor};
use tonic::Status;

use super::{Route, ndjson, reply::decode, serve::refused, sse};
use crate::{
    front::{Front, Wanted, client},
    limits::OpenStream,
    problem::Problem,
    tenancy::STREAMS,
    upstream,
};

/// Opens the stream, as lines for whoever accepts only those, as server-sent events otherwise. It ends with the host,
/// with the caller's right to it, and with the method's own end.
pub(super) async fn open(
    front: &Front,
    route: &'static Route,
    parts: Parts,
    cx: Cx,
    message: Bytes,
) -> Result<Response, Problem> {
    let caller = match cx.actor {
        Actor::Anonymous => client(&parts)?.ip.to_string(),
        _ => cx.actor.label(),
    };
    let place = front.open_stream(caller)?;
    let path = route.path.clone();
    let answers = upstream::stream(front.mesh(), &route.service, path, &cx, message).await;
    let answers = answers.map_err(|status| refused(route, &status))?;
    let request_id = client(&parts)?.request_id.clone();
    let as_lines = ndjson::is_wanted(&parts.headers);
    let stopping = front.host().stopping().cancelled_owned();
    let messages = messages(route.rpc.output(), answers, place)
        .take_until(stopping)
        .take_until(Box::pin(shut_out(front.clone(), route, parts)));
    let mut response = match as_lines {
        true => ndjson::respond(messages, request_id),
        false => sse::respond(messages, request_id),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// The method's answers; a failure is the last one. The place is held as long.
fn messages(
    output: MessageDescriptor,
    answers: impl Stream<Item = Result<Bytes, Status>> + Unpin,
    place: OpenStream,
) -> impl Stream<Item = Result<DynamicMessage, Problem>> {
    stream::unfold(Some((answers, place)), move |open| {
        let output = output.clone();
        async move {
            let (mut answers, place) = open?;
            let answer = answers.next().await?.map_err(Problem::from);
            let message = answer.and_then(|answer| decode(&output, &answer));
            let open = message.is_ok().then_some((answers, place));
            Some((message, open))
        }
    })
}

/// Waits until the caller may not listen any more, or their tenant is not served. While that cannot be found out, nothing
/// changes. Most looks cost nothing: what the gateway remembers answers them.
async fn shut_out(front: Front, route: &'static Route, parts: Parts) {
    let wanted = if route.rule.public { Wanted::Anyone } else { Wanted::Person };
    loop {
        tokio::time::sleep(STREAMS).await;
        match front.admit(&parts, wanted).await {
            Ok(visitor)
                if !visitor.cx.flags.system_admin && front.maintenance().await.is_some() =>
            {
                return;
            }
            Ok(_) if route.rule.public => {}
            Ok(visitor) => {
                let permission = &route.rule.permission;
                let listens = route.rule.signed_in && !visitor.cx.flags.suspended;
                if !listens && !visitor.cx.may(permission) {
                    return;
                }
            }
            Err(problem) if problem.status().is_client_error() => return,
            Err(_) => {}
        }
    }
}
