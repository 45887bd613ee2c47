//! Messages to people: hears what they must be told, writes the letter, sends it, and keeps what became of it.

mod config;
mod domain;
mod error;
mod events;
mod grpc;
mod jobs;
mod letter;
mod mailer;
mod ops;
mod store;

use std::sync::Arc;

use ::jobs::Workflow;
use boot::Host;
use bus::{Nats, Relay};
use kernel::Clock;
use pg::Db;
use wire::{Guard, Guarded, Mesh, identity::Trust, rules::Unruled};

pub use ::jobs::{Limits, Pace};
pub use config::Config;
pub use error::{Error, Result};
pub use mailer::Mailer;

/// The service's name: its schema, its role, its place in the mesh.
pub const NAME: &str = "notifier";

/// What the service stands on.
#[derive(Clone, Debug)]
pub struct App {
    /// Its own database.
    pub db: Db,
    /// Where facts come from and go.
    pub nats: Nats,
    /// The time.
    pub clock: Clock,
    /// The way to the services that know links and names.
    pub mesh: Mesh,
    /// The way to people.
    pub mailer: Mailer,
    /// How long the leases of its jobs hold.
    pub pace: Pace,
    /// How much its worker takes on.
    pub limits: Limits,
}

impl App {
    /// What a worker takes on by default: more attempts than connections to the mail server would only wait for one,
    /// with their timeout running.
    #[must_use]
    pub fn usual_limits() -> Limits {
        Limits { concurrency: mailer::CONNECTIONS as usize, ..Limits::default() }
    }

    /// The durable work of this service.
    #[must_use]
    pub fn workflows(&self) -> Vec<Arc<dyn Workflow>> {
        jobs::workflows(self)
    }
}

/// Starts the background work on `host` and returns the guarded RPCs.
///
/// # Errors
/// [`Unruled`] when an RPC has no rule.
pub fn start(app: &App, trust: Trust, host: &Host) -> Result<Guarded, Unruled> {
    let (tell, trusted) = bus::TrustedCalls::of(app.db.clone());
    let guarded = Guard::new(NAME, trust)?.telling(tell).protect(grpc::routes(app));
    host.spawn("notifier trusted calls", async move |stop| Ok(trusted.run(stop).await?));
    let relay = Relay::new(app.db.clone(), app.nats.clone());
    host.spawn("notifier relay", async move |stop| Ok(relay.run(stop).await?));
    let consumers = events::consumers(app);
    host.spawn("notifier consumers", async move |stop| Ok(consumers.run(stop).await?));
    let worker = jobs::worker(app);
    host.spawn("notifier jobs", async move |stop| {
        worker.run(stop).await;
        Ok(())
    });
    Ok(guarded)
}
