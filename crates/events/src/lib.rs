//! Community events of a tenant.

mod domain;
mod error;
mod grpc;
mod ops;
mod store;

use boot::Host;
use bus::{Nats, Relay};
use kernel::Clock;
use pg::Db;
use wire::{Guard, Guarded, identity::Trust, rules::Unruled};

pub use error::{Error, Result};

/// The service's name: its schema, its role, its place in the mesh.
pub const NAME: &str = "events";

/// What the service stands on.
#[derive(Clone, Debug)]
pub struct App {
    /// Its own database.
    pub db: Db,
    /// Where its facts go.
    pub nats: Nats,
    /// The time.
    pub clock: Clock,
}

/// Starts the background work on `host` and returns the guarded RPCs.
///
/// # Errors
/// [`Unruled`] when an RPC has no rule.
pub fn start(app: &App, trust: Trust, host: &Host) -> Result<Guarded, Unruled> {
    let (tell, trusted) = bus::TrustedCalls::of(app.db.clone());
    let guarded = Guard::new(NAME, trust)?.telling(tell).protect(grpc::routes(app));
    host.spawn("events trusted calls", async move |stop| Ok(trusted.run(stop).await?));
    let relay = Relay::new(app.db.clone(), app.nats.clone());
    host.spawn("events relay", async move |stop| Ok(relay.run(stop).await?));
    Ok(guarded)
}
