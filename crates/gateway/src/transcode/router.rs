//! The axum router of all routes.

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::{RawPathParams, Request},
    routing::{MethodFilter, MethodRouter, on},
};
use http::{Method, StatusCode, header::ALLOW};

use super::{ROUTES, Route, serve::serve};
use crate::front::Front;

/// A router with every bound method of the contract.
pub(crate) fn router(front: &Front) -> Router {
    let mut places: BTreeMap<String, Vec<&'static Route>> = BTreeMap::new();
    for route in ROUTES.iter() {
        places.entry(route.shape()).or_default().push(route);
    }
    places.into_values().fold(Router::new(), |router, routes| {
        // Routes of one place may name their variables differently; the first one's names stand for all.
        let template = routes[0].template.as_str();
        let endpoints = routes.iter().map(|route| endpoint(front.clone(), route));
        router.route(template, endpoints.fold(offer(&routes), MethodRouter::merge))
    })
}

/// Tells which methods a place takes (RFC 9110, 9.3.7).
fn offer(routes: &[&'static Route]) -> MethodRouter {
    let mut offered = vec!["OPTIONS"];
    for route in routes {
        if route.verb == Method::GET {
            offered.push("HEAD");
        }
        offered.push(route.verb.as_str());
    }
    offered.sort_unstable();
    let offered = offered.join(", ");
    on(MethodFilter::OPTIONS, async move || (StatusCode::NO_CONTENT, [(ALLOW, offered)]))
}

fn endpoint(front: Front, route: &'static Route) -> MethodRouter {
    let handler = move |vars: RawPathParams, request: Request| {
        let front = front.clone();
        let vars = vars.iter().map(|(_, value)| value.to_owned()).collect();
        async move { serve(&front, route, vars, request).await }
    };
    on(filter(&route.verb), handler)
}

fn filter(verb: &Method) -> MethodFilter {
    match *verb {
        Method::PUT => MethodFilter::PUT,
        Method::POST => MethodFilter::POST,
        Method::DELETE => MethodFilter::DELETE,
        Method::PATCH => MethodFilter::PATCH,
        // The options of the contract know these five.
        _ => MethodFilter::GET,
    }
}
