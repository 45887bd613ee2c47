//! The layer that checks signed calls, before anything is done for them.

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{header, request::Parts};
use kernel::{SessionId, Slug, UserId};
use uuid::Builder;

use super::{
    Shown,
    signatures::{Rest, mark},
};
use crate::{
    credential::refused,
    front::{Front, client},
    limits::{Class, Standing, Who},
    problem::Problem,
    tenancy::Prefix,
    transcode::{MAX_BODY, collect},
};

/// Where signed calls are taken: events, access, communities and teams, and what happens. On every other address a
/// signature counts as none.
const TAKEN: [&str; 11] = [
    "/api/v1",
    "/communities",
    "/teams",
    "/v1/access",
    "/v1/activity",
    "/v1/communities",
    "/v1/events",
    "/v1/permissions",
    "/v1/policy-overrides",
    "/v1/role-bindings",
    "/v1/teams",
];

/// For whom a checked call was signed, and by whom; stands among the extensions of its request.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    pub(crate) caller: String,
    pub(crate) user: UserId,
    /// The tenant's slug, where the caller names it beside `X-Tenant-Id`.
    pub(crate) slug: Option<Slug>,
    /// Whether the caller says that the person is suspended.
    pub(crate) suspended: bool,
    /// As what the address was charged before the body was read, and how it stands.
    pub(crate) charged: (Class, Option<Standing>),
}

impl Signed {
    /// What stands in the place of a session: one id for each caller.
    pub(crate) fn session(&self) -> SessionId {
        Builder::from_custom_bytes(mark(&self.caller)).into_uuid().into()
    }
}

/// Lets signed calls through once they were checked, and all others as they are.
pub(crate) async fn verify(State(front): State<Front>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let shown = parts.extensions.remove::<Shown>();
    let Some(shown) = shown.filter(|_| is_taken(parts.uri.path())) else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    match check(&front, &parts, shown, body).await {
        Ok((signed, body)) => {
            count("taken");
            parts.extensions.insert(signed);
            next.run(Request::from_parts(parts, Body::from(body))).await
        }
        Err(problem) => {
            count(problem.reason());
            problem.into_response()
        }
    }
}

async fn check(
    front: &Front,
    parts: &Parts,
    shown: Shown,
    body: Body,
) -> Result<(Signed, Bytes), Problem> {
    let charged = charge(front, parts).await?;
    let head = shown.0?;
    let headers = &parts.headers;
    if headers.contains_key(header::AUTHORIZATION) || headers.contains_key("x-api-key") {
        return Err(refused("Send a signature or a token, not both."));
    }
    if parts.extensions.get::<Prefix>().is_some() {
        return Err(refused("A signed call names its tenant in X-Tenant-Id and not in its path."));
    }
    let signatures = front.signatures();
    signatures.screen(&head, front.now())?;
    let body = collect(body, MAX_BODY).await?;
    let rest = Rest {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
    };
    let caller = signatures.accept(&head, rest, &body, front.now()).await?;
    let (user, suspended) = (head.user, head.flags.1.suspended);
    Ok((Signed { caller, user, slug: head.slug.1, suspended, charged }, body))
}

/// Whoever sends too much is not listened to: before the body is read, nothing of the call is proven.
async fn charge(front: &Front, parts: &Parts) -> Result<(Class, Option<Standing>), Problem> {
    let class = if parts.method.is_safe() { Class::Read } else { Class::Write };
    let standing = front.charge(class, Who::Address(client(parts)?.ip)).await;
    standing.as_ref().map_or(Ok(()), Standing::verdict)?;
    Ok((class, standing))
}

/// Whether a signature counts at this address.
pub(crate) fn is_taken(path: &str) -> bool {
    let mut below = TAKEN.iter().filter_map(|place| path.strip_prefix(*place));
    below.any(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn count(outcome: &str) {
    metrics::counter!("usher_signed_calls_total", "outcome" => outcome.to_owned()).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcode::ROUTES;

    #[test]
    fn places_are_whole_segments() {
        for (path, taken) in [
            ("/v1/events", true),
            ("/v1/events/7", true),
            ("/v1/eventsx", false),
            ("/v1/me", false),
            ("/v1/sessions", false),
            ("/V1/events", false),
            ("//v1/events", false),
            ("/", false),
        ] {
            assert_eq!(is_taken(path), taken, "{path}");
        }
    }

    #[test]
    fn every_place_is_one_of_the_contract_and_none_is_open_to_anybody() {
        for place in TAKEN {
            let mut templates = ROUTES.iter().map(|route| route.template.as_str());
            assert!(templates.any(|template| template.starts_with(place)), "nothing is at {place}");
        }
        for route in ROUTES.iter().filter(|route| is_taken(&route.template)) {
            assert!(!route.rule.public, "{}", route.template);
        }
    }
}
