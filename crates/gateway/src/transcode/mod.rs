//! REST from the descriptors: every bound method of the contract is an endpoint.

mod fields;
mod reply;
mod route;
mod router;
mod serve;
mod sse;

pub(crate) use route::{Body, ROUTES, Route};
pub(crate) use router::router;
pub(crate) use serve::{LONGEST, collect, enter, idempotency_key};
