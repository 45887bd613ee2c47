//! How does a process live? Config, telemetry, listeners, health, drain.
//!
//! The life of a process, in the order in which it calls this crate:
//!
//! 1. [`config::parse`] reads flags and environment; nothing else in the workspace does.
//! 2. [`crypto::install`], [`Telemetry::install`] and [`Host::heed_signals`] prepare what is one
//!    per process.
//! 3. [`Listener::bind`] takes the ports before any serious work.
//! 4. Components are built; they register checks in [`Health`] and tasks in [`Host`].
//! 5. [`listen::serve`] opens the doors; [`Host::run`] waits for a signal, a dead task or a
//!    request to stop, and drains with a deadline.
//! 6. [`Telemetry::shutdown`] sends what is still buffered.

pub mod config;
pub mod crypto;
pub mod health;
pub mod host;
pub mod listen;
pub mod metrics;
pub mod telemetry;

pub use config::{Config, ConfigError, LogFormat, Profile, SecretArg};
pub use health::Health;
pub use host::{Cause, DeadTask, Drained, Ended, Host};
pub use listen::{Door, Listener};
pub use telemetry::Telemetry;
