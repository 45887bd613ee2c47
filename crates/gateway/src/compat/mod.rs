//! The legacy admin API, for libraries that know nothing newer: thin adapters over the services' own calls.
//!
//! The legacy backend names its paths and some fields and no more; the rest of this contract is OUR INFERENCE of what
//! its library expects. The rows stand in [`ROWS`]; who may call one is the rule of the method it stands for, which the
//! service enforces. Paths are served bare and below `/api`, and every verb also as a POST that names it.

mod call;
mod datasets;
mod document;
mod envelope;
mod input;
mod ozon;
mod people;
mod router;
mod rows;
mod serve;
mod sheets;
mod tokens;

pub(crate) use document::describe;
pub(crate) use router::router;
