//! The door from outside: REST, server-sent events and pages before the services' gRPC.
//!
//! - [`Config`]: what it is told from outside.
//! - [`router`]: everything together; [`Front`] and [`Visitor`] are the way in that the console shares.
//! - `transcode`: the API, read from the descriptors; `upstream` makes its calls.
//! - `compat`: the legacy admin API over the same calls.
//! - `tenancy`, `credential`, `bearer`, `passport`: which tenant, what is shown, who that is; `access_tokens` verifies
//!   signed tokens, and `jwks` tells the world by which keys.
//! - `oauth`: the addresses of the OAuth and OpenID Connect provider.
//! - `limits`, `csrf`, `cors`, `headers`, `maintenance`: what is let through. `well_known` is for finders of weaknesses.
//! - `tenancy`, `credential`, `passport`: which tenant, what is shown, who that is.
//! - `signed`: calls of programs that sign what they send, and for whom.
//! - `limits`, `bans`, `csrf`, `captcha`, `headers`: what is let through.
//! - `contract`, `docs`: the contract as OpenAPI and AsyncAPI documents, and a page to read them.
//! - [`Problem`]: every failure; `observe`: every request in traces and metrics.

mod access_tokens;
mod bans;
mod bearer;
mod captcha;
mod client;
mod compat;
mod config;
mod contract;
mod cors;
mod credential;
mod csrf;
mod docs;
mod front;
mod headers;
mod jwks;
mod limits;
mod maintenance;
mod memo;
mod oauth;
mod observe;
mod onward;
mod passport;
mod problem;
mod router;
mod signed;
mod tenancy;
mod transcode;
mod upstream;
mod well_known;

pub use client::Scheme;
pub use config::{BaseDomain, Config, Network};
pub use cors::AllowedOrigin;
pub use credential::{
    letter_binding, letter_cookie, passkey_cookie, passkey_token, session_cookie, sign_up_binding,
    sign_up_cookie, sso_binding, sso_cookie, waiting_cookie, waiting_token,
};
pub use front::{Front, Visitor};
pub use maintenance::{Notice, Switch};
pub use onward::{onward, onward_cookie};
pub use problem::Problem;
pub use router::{Deps, router};
pub use signed::Callers;
pub use tenancy::{Tenant, TenantStatus};
pub use well_known::SecurityContact;
