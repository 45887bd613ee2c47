//! Sign-in: people's passwords and sessions, and who stands behind a presented token.
//!
//! People are global, and so is all this service keeps: credentials and sessions belong to no tenant. Its audit rows
//! belong to the platform.

mod domain;
mod error;
mod events;
mod grpc;
mod hasher;
mod jobs;
mod ops;
mod store;

use boot::Host;
use bus::Nats;
use kernel::Clock;
use pg::Db;
use wire::{Guard, Guarded, identity::Trust, rules::Unruled};

pub use domain::{BadPassword, BadTtl};
pub use error::{Error, Result};
pub use hasher::Hasher;

/// The service's name: its schema, its role, its place in the mesh.
pub const NAME: &str = "auth";

/// What the service stands on.
#[derive(Clone, Debug)]
pub struct App {
    /// Its own database.
    pub db: Db,
    /// Where it hears facts.
    pub nats: Nats,
    /// The time.
    pub clock: Clock,
    /// Where passwords are hashed and checked.
    pub hasher: Hasher,
}

/// Starts the background work on `host` and returns the guarded RPCs.
///
/// # Errors
/// [`Unruled`] when an RPC has no rule.
pub fn start(app: &App, trust: Trust, host: &Host) -> Result<Guarded, Unruled> {
    let guarded = Guard::new(NAME, trust)?.protect(grpc::routes(app));
    let consumers = events::consumers(app);
    host.spawn("auth consumers", async move |stop| Ok(consumers.run(stop).await?));
    let sweeping = app.clone();
    host.spawn("auth sweep", async move |stop| {
        jobs::sweep_leftovers(&sweeping, &stop).await;
        Ok(())
    });
    Ok(guarded)
}
