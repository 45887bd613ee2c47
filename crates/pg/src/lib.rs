//! How do we reach PostgreSQL? Pools, tenant-bound transactions, migrations, constraint names.
//!
//! - [`Db`]: one service's pool, logged in as that service's own role.
//! - [`Tx`]: a named transaction, bound to one tenant ([`TenantTx`]) or, with a reason, to none ([`PlatformTx`]).
//! - [`migrate`]: brings a database to this build's schema; safe when several processes start at once.
//! - [`Db::notify`], [`Notices`]: short words between processes.
//! - [`Error`] and [`OnConstraint`]: what went wrong, with the constraint that said so.
//! - [`replies`]: the stored answer to a repeated idempotency key.

mod db;
mod error;
mod logins;
mod migrate;
mod notice;
pub mod replies;
mod signal;
mod tx;

pub use db::{Access, Db};
pub use error::{Error, OnConstraint, Result};
pub use migrate::{fingerprint, migrate, services};
pub use notice::Notices;
pub use signal::Signal;
pub use tx::{Platform, PlatformTx, Tenant, TenantTx, Tx};
