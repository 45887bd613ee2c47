//! Sign-in: people's passwords, sessions and letters that let them in, and who stands behind a presented token.
//!
//! People are global, and so is all this service keeps: credentials and sessions belong to no tenant. Its audit rows and
//! facts belong to the platform.

mod config;
mod domain;
mod error;
mod events;
mod grpc;
mod hasher;
mod jobs;
mod ops;
mod store;

use boot::Host;
use bus::{Nats, Relay};
use kernel::Clock;
use pg::Db;
use vault::Vault;
use wire::{Guard, Guarded, identity::Trust, rules::Unruled};

pub use config::Config;
pub use domain::{BadPassword, BadSecret, BadTtl, Closed, Lifetimes};
pub use error::{Error, Result};
pub use hasher::Hasher;

/// The service's name: its schema, its role, its place in the mesh.
pub const NAME: &str = "auth";

/// What the service stands on.
#[derive(Clone, Debug)]
pub struct App {
    /// Its own database.
    pub db: Db,
    /// Where facts come from and go.
    pub nats: Nats,
    /// The time.
    pub clock: Clock,
    /// Where passwords are hashed and checked.
    pub hasher: Hasher,
    /// Where the keys of tokens in letters come from.
    pub vault: Vault,
    /// Where people reach the platform, without a slash at the end; links in letters begin with it.
    pub public_url: String,
    /// How long sessions live.
    pub lifetimes: Lifetimes,
}

/// Starts the background work on `host` and returns the guarded RPCs.
///
/// # Errors
/// [`Unruled`] when an RPC has no rule.
pub fn start(app: &App, trust: Trust, host: &Host) -> Result<Guarded, Unruled> {
    let guarded = Guard::new(NAME, trust)?.protect(grpc::routes(app));
    let relay = Relay::new(app.db.clone(), app.nats.clone());
    host.spawn("auth relay", async move |stop| Ok(relay.run(stop).await?));
    let consumers = events::consumers(app);
    host.spawn("auth consumers", async move |stop| Ok(consumers.run(stop).await?));
    let sweeping = app.clone();
    host.spawn("auth sweep", async move |stop| {
        jobs::sweep_leftovers(&sweeping, &stop).await;
        Ok(())
    });
    Ok(guarded)
}
