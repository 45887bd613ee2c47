//! The one harness of all tests.
//!
//! - [`Database`]: a database per test, cloned from a migrated template. [`Stream`]: an isolated place for facts.
//! - [`servers`]: the servers both live on; private ones unless DATABASE_URL and NATS_URL name others.
//! - [`free_ports`]: for servers of a test's own that come and go.
//! - [`Neighbours`]: services in this process behind their guards, real or fake.
//! - [`Authenticator`]: a passkey device in software.
//! - [`cx`], [`as_user`]: contexts to call ops with. [`eventually`], [`found`]: waiting for a condition.
//! - `Sweep` (feature `sweep`): every fault at every step of a workflow, doing and undoing.
//! - `Platform` (feature `platform`): a whole platform in this process, and actors that use it over HTTP; `Fleet`: one
//!   of a process per part.
//!
//! What cannot be had panics, with the reason: a test has nobody to hand an error to.

mod authenticator;
mod cx;
mod database;
mod fake;
mod keeper;
#[cfg(feature = "platform")]
mod platform;
mod ports;
mod run;
mod servers;
mod stream;
#[cfg(feature = "sweep")]
mod sweep;
mod template;
mod wait;

pub use authenticator::{Authenticator, Twist};
pub use cx::{as_user, cx, cx_of_platform, tenant, user};
pub use database::{Database, MASTER_KEY};
pub use fake::Neighbours;
#[cfg(feature = "platform")]
pub use platform::{Actor, Builder, Fleet, Platform, Problem, Response, Tenant};
pub use ports::free_ports;
pub use servers::{Servers, servers};
pub use stream::Stream;
#[cfg(feature = "sweep")]
pub use sweep::{Case, Fault, Sweep, Way};
pub use wait::{PATIENCE, eventually, found};
