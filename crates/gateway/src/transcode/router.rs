//! The axum router of all routes.

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::{RawPathParams, Request},
    routing::{MethodFilter, MethodRouter, on},
};
use http::Method;

use super::{ROUTES, Route, serve::serve};
use crate::front::Front;

/// A router with every bound method of the contract.
pub(crate) fn router(front: &Front) -> Router {
    let mut places: BTreeMap<String, (&'static str, MethodRouter)> = BTreeMap::new();
    for route in ROUTES.iter() {
        let endpoint = endpoint(front.clone(), route);
        let place = places.remove(&route.shape());
        // Routes of one place may name their variables differently; the first one's names stand for all.
        let (template, methods) = match place {
            Some((template, methods)) => (template, methods.merge(endpoint)),
            None => (route.template.as_str(), endpoint),
        };
        places.insert(route.shape(), (template, methods));
    }
    places
        .into_values()
        .fold(Router::new(), |router, (template, methods)| router.route(template, methods))
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
