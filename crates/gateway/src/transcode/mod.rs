//! REST from the descriptors: every bound method of the contract is an endpoint.

mod fields;
#[cfg(test)]
mod hostile;
mod ndjson;
mod rates;
mod reply;
mod route;
mod router;
mod serve;
mod sse;
mod stream;
mod strict;
mod version;

pub(crate) use ndjson::LINES;
pub(crate) use route::{Body, ROUTES, Route};
pub(crate) use router::router;
pub(crate) use serve::{LONGEST, MAX_BODY, Opens, collect, enter, idempotency_key};
