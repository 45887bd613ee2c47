//! The door from outside: REST, server-sent events and pages before the services' gRPC.
//!
//! - [`Config`]: what it is told from outside.
//! - [`router`]: everything together; [`Front`] and [`Visitor`] are the way in that the console shares.
//! - `transcode`: the API, read from the descriptors; `upstream` makes its calls.
//! - `compat`: the legacy admin API over the same calls.
//! - `tenancy`, `credential`, `passport`: which tenant, what is shown, who that is.
//! - `limits`, `csrf`, `headers`: what is let through.
//! - `contract`, `docs`: the contract as OpenAPI and AsyncAPI documents, and a page to read them.
//! - [`Problem`]: every failure; `observe`: every request in traces and metrics.

mod client;
mod compat;
mod config;
mod contract;
mod credential;
mod csrf;
mod docs;
mod front;
mod headers;
mod limits;
mod memo;
mod observe;
mod passport;
mod problem;
mod router;
mod tenancy;
mod transcode;
mod upstream;

pub use client::Scheme;
pub use config::{BaseDomain, Config, Network};
pub use credential::{
    letter_binding, letter_cookie, session_cookie, waiting_cookie, waiting_token,
};
pub use front::{Front, Visitor};
pub use problem::Problem;
pub use router::{Deps, router};
pub use tenancy::{Tenant, TenantStatus};
