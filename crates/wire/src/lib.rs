//! What crosses gRPC and the bus? Generated types, the rule of each RPC, caller identity, codes, clients, field parsing.
//!
//! - `tenant::v1`, `user::v1`, …: the generated messages, clients and servers.
//! - [`rules`]: the rule of every method, read from the descriptors; [`Guard`] enforces it at the callee.
//! - [`tokens`]: what people's own software shows, signed by `auth` and verified anywhere.
//! - [`identity`]: who calls: a service's own token, and the passport of the person behind the call.
//! - [`Mesh`]: how a service reaches another, in the same process or over the network, through the same layers.
//! - [`refuse`] and [`parse`]: from our errors to statuses, from wire fields to parsed types.
//! - [`repeatable`]: what a repeated call is known by.
//! - [`json`] and [`Fact`]: proto3 JSON, and what may be told on the bus.

mod convert;
mod fact;
mod guard;
pub mod identity;
pub mod json;
mod mesh;
mod metadata;
mod parse;
mod repeat;
pub mod rules;
mod secrets {
    //! `Debug` of messages with secret fields, generated so that none of them prints.
    include!(concat!(env!("OUT_DIR"), "/secrets.rs"));
}
mod status;
pub mod tokens;
mod trusted;

pub use convert::{instant, timestamp};
pub use fact::Fact;
pub use guard::{Guard, Guarded, cx};
pub use mesh::{Caller, Mesh, Peers, call};
pub use parse::{id, parse, required};
pub use repeat::repeatable;
pub use status::{DOMAIN, Refusal, code_of, refuse};
pub use trusted::Trusted;

/// The descriptors of the whole contract, with comments and options.
pub static DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// Generated code is exempt from the house's lints.
macro_rules! generated {
    ($($(#[$doc:meta])* $package:ident;)*) => {$(
        $(#[$doc])*
        pub mod $package {
            /// Version 1 of the contract.
            #[allow(clippy::all, clippy::pedantic, missing_docs, unreachable_pub, clippy::allow_attributes_without_reason, reason = "generated code")]
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/usher.", stringify!($package), ".v1.rs"));
            }
        }
    )*};
}

generated! {
    /// The rule options.
    rule;
    /// Tenants.
    tenant;
    /// Sign-in.
    auth;
    /// People, invitations, access.
    user;
    /// Onboarding.
    provisioning;
    /// Messages.
    notifier;
    /// Community events.
    events;
    /// The feed and the stream.
    activity;
}
