//! Tenants: the customers' isolated spaces. Owns their names, hosts, lives, settings and limits.

mod config;
mod dns;
mod domain;
mod error;
mod grpc;
mod jobs;
mod ops;
mod store;

use boot::Host;
use bus::{Nats, Relay};
use kernel::Clock;
use pg::Db;
use wire::{Guard, Guarded, identity::Trust, rules::Unruled};

pub use config::Config;
pub use dns::Dns;
pub use domain::{Resource, Status};
pub use error::{Error, Result};

/// The service's name: its schema, its role, its place in the mesh.
pub const NAME: &str = "tenant";

/// What the service stands on.
#[derive(Clone, Debug)]
pub struct App {
    /// Its own database.
    pub db: Db,
    /// Where its facts go.
    pub nats: Nats,
    /// The time.
    pub clock: Clock,
    /// Where proofs of hosts are looked for.
    pub dns: Dns,
}

impl App {
    /// Ends once the terms of any tenant that are over, as the background work does from time to time; how many.
    ///
    /// # Errors
    /// The database's, where tenants could not be read at all.
    pub async fn end_terms(&self) -> Result<usize> {
        ops::end_terms(self).await
    }

    /// Looks once for the proofs of hosts that are due, as the background work does from time to time; for how many.
    ///
    /// # Errors
    /// The database's, where claims could not be read at all.
    pub async fn check_domains(&self) -> Result<usize> {
        ops::check_domains(self).await
    }
}

/// Starts the background work on `host` and returns the guarded RPCs.
///
/// # Errors
/// [`Unruled`] when an RPC has no rule.
pub fn start(app: &App, trust: Trust, host: &Host) -> Result<Guarded, Unruled> {
    let (tell, trusted) = bus::TrustedCalls::of(app.db.clone());
    let guarded = Guard::new(NAME, trust)?.telling(tell).protect(grpc::routes(app));
    host.spawn("tenant trusted calls", async move |stop| Ok(trusted.run(stop).await?));
    let relay = Relay::new(app.db.clone(), app.nats.clone());
    host.spawn("tenant relay", async move |stop| Ok(relay.run(stop).await?));
    let ending = app.clone();
    host.spawn("tenant terms", async move |stop| {
        jobs::end_terms(&ending, &stop).await;
        Ok(())
    });
    let looking = app.clone();
    host.spawn("tenant domains", async move |stop| {
        jobs::check_domains(&looking, &stop).await;
        Ok(())
    });
    Ok(guarded)
}
