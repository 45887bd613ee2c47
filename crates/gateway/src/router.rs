//! Everything together: the API, its documents, health and the console behind one set of layers.

use std::{any::Any, convert::Infallible};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use boot::{Health, Host};
use bus::Nats;
use http::request::Parts;
use kernel::Clock;
use tower::{Service, ServiceExt, service_fn};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, NotForContentType, Predicate, SizeAbove},
    },
};
use wire::Mesh;

use crate::{
    Callers, Config, compat, cors, docs,
    front::{Front, Wanted, client},
    jwks,
    limits::{Class, Who},
    oauth,
    observe::{PageRoute, observe},
    problem::Problem,
    signed,
    tenancy::{Prefix, split},
    transcode::{self, LINES},
    well_known,
};

/// Bytes that are not worth the work of compressing them: they fit into a packet.
const SMALL: u64 = 1024;

/// Where the pages lie by which an operator signs in, with what they need.
const SIGN_IN: [&str; 2] = ["/signin", "/assets/"];

/// What the gateway works with.
#[derive(Clone)]
pub struct Deps {
    /// The way to the services, in the name of `gateway`.
    pub mesh: Mesh,
    /// Where request ids come from.
    pub clock: Clock,
    /// What `/livez` and `/readyz` tell.
    pub health: Health,
    /// Where gateways meet, to share limits and the switch of maintenance. Without it this one is alone.
    pub nats: Option<Nats>,
    /// Who may sign calls.
    pub callers: Callers,
}

/// The public router. `console` serves whatever is no address of the API; its handlers may ask for a
/// [`Visitor`](crate::Visitor).
pub fn router(config: &Config, deps: Deps, host: &Host, console: Router) -> Router {
    let health = deps.health.clone();
    let front = Front::new(config, deps, host);
    let console = console
        .layer(middleware::from_fn(tell_route))
        .layer(middleware::from_fn_with_state(front.clone(), limit_pages));
    let inside = transcode::router(&front)
        .merge(compat::router(&front))
        .merge(docs::router())
        .merge(jwks::router(&front))
        .merge(oauth::router(&front))
        .merge(health.routes())
        .merge(well_known::router(config.security_contact.as_ref(), front.clock()))
        .fallback_service(console)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(front.clone(), signed::verify))
        .layer(middleware::from_fn_with_state(front.clone(), cors::share))
        .layer(middleware::from_fn_with_state(front, observe))
        // Outermost, since a refusal gets its body last.
        .layer(CompressionLayer::new().compress_when(worth_compressing()));
    // The path is rewritten before it is routed, so the routes stand behind a router without any.
    let rewritten = service_fn(move |request: Request| {
        let mut inside = inside.clone();
        async move { Ok::<_, Infallible>(enter(&mut inside, request).await) }
    });
    Router::new().fallback_service(rewritten)
}

/// What gains by compression: neither events nor lines that must not wait for each other, nor what is small.
fn worth_compressing() -> impl Predicate {
    DefaultPredicate::new().and(SizeAbove::new(SMALL)).and(NotForContentType::const_new(LINES))
}

async fn enter(inside: &mut Router, mut request: Request) -> Response {
    if let Some((prefix, uri)) = split(request.uri()) {
        request.extensions_mut().insert::<Prefix>(prefix);
        *request.uri_mut() = uri;
    }
    let routed = <Router as ServiceExt<Request>>::ready(inside).await;
    let answered = match routed {
        Ok(inside) => inside.call(request).await,
        Err(never) => match never {},
    };
    match answered {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// The console's own template, for the span and the measurement of the request.
async fn tell_route(matched: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(matched) = matched {
        let route = PageRoute(matched.as_str().to_owned());
        response.extensions_mut().insert(route);
    }
    response
}

/// Pages are limited by address, as reads and writes of the API are; while the platform is maintained only operators see
/// them, and whoever may become one by signing in.
async fn limit_pages(State(front): State<Front>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match let_in(&front, &parts).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(problem) => problem.into_response(),
    }
}

async fn let_in(front: &Front, parts: &Parts) -> Result<(), Problem> {
    let class = if parts.method.is_safe() { Class::Read } else { Class::Write };
    let standing = front.charge(class, Who::Address(client(parts)?.ip)).await;
    standing.map_or(Ok(()), |standing| standing.verdict())?;
    let Some(notice) = front.maintenance().await else { return Ok(()) };
    if SIGN_IN.iter().any(|begin| parts.uri.path().starts_with(begin)) {
        return Ok(());
    }
    match front.admit(parts, Wanted::Visitor).await {
        Ok(visitor) if visitor.cx.flags.system_admin => Ok(()),
        _ => Err(notice.refusal()),
    }
}

fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = text.unwrap_or("without a text"), "a handler panicked");
    Problem::internal().into_response()
}
