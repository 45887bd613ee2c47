//! What happened in a tenant: the feed that people read, and the facts as they pass.

mod domain;
mod error;
mod events;
mod grpc;
mod ops;
mod store;

use boot::Host;
use bus::Nats;
use kernel::Clock;
use pg::Db;
use tokio_util::sync::CancellationToken;
use wire::{Guard, Guarded, identity::Trust, rules::Unruled};

pub use error::{Error, Result};

/// The service's name: its schema, its role, its place in the mesh.
pub const NAME: &str = "activity";

/// What the service stands on. It tells no facts of its own, hence no relay.
#[derive(Clone, Debug)]
pub struct App {
    /// Its own database.
    pub db: Db,
    /// Where the facts come from.
    pub nats: Nats,
    /// The time.
    pub clock: Clock,
    /// Ends the streams of facts, which have no end of their own: `host.stopping()`.
    pub stopping: CancellationToken,
}

/// Starts the background work on `host` and returns the guarded RPCs.
///
/// # Errors
/// [`Unruled`] when an RPC has no rule.
pub fn start(app: &App, trust: Trust, host: &Host) -> Result<Guarded, Unruled> {
    let (tell, trusted) = bus::TrustedCalls::of(app.db.clone());
    let guarded = Guard::new(NAME, trust)?.telling(tell).protect(grpc::routes(app));
    host.spawn("activity trusted calls", async move |stop| Ok(trusted.run(stop).await?));
    let consumers = events::consumers(app);
    host.spawn("activity consumers", async move |stop| Ok(consumers.run(stop).await?));
    Ok(guarded)
}
