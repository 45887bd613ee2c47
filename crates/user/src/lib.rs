//! People, invitations, access: who a person is, how one comes into a tenant, and what one may do there.

mod config;
mod domain;
mod error;
mod events;
mod grpc;
mod jobs;
mod ops;
mod peers;
mod snapshots;
mod store;

use std::sync::Arc;

use ::jobs::{Worker, Workflow};
use boot::Host;
use bus::{Nats, Relay};
use kernel::Clock;
use pg::Db;
use vault::Vault;
use wire::{Guard, Guarded, Mesh, identity::Trust, rules::Unruled};

pub use ::jobs::{Limits, Pace};
pub use config::{BadUrl, Config, PublicUrl};
pub use domain::{
    EmailRefusal, ExportRefusal, GroupRefusal, Hindrance, PasskeyRefusal, Refusal, SetupRefusal,
    SignUpRefusal,
};
pub use error::{Error, Result};
pub use ops::{ErasureLook, SetupLink, make_setup};
pub use snapshots::Snapshots;

/// The service's name: its schema, its role, its place in the mesh.
pub const NAME: &str = "user";

/// What the service stands on.
#[derive(Clone, Debug)]
pub struct App {
    /// Its own database.
    pub db: Db,
    /// Where its facts go.
    pub nats: Nats,
    /// The time.
    pub clock: Clock,
    /// The way to `auth` (credentials) and `tenant` (names, languages), in this service's name.
    pub mesh: Mesh,
    /// Where the keys of invitation links come from.
    pub vault: Vault,
    /// Where people reach the platform; invitation links begin with it.
    pub public_url: PublicUrl,
    /// What is remembered of people's rights.
    pub snapshots: Snapshots,
    /// How long the leases of its jobs hold.
    pub pace: Pace,
    /// How much its worker takes on.
    pub limits: Limits,
    /// How many invitations a new tenant may make in a day.
    pub invite_daily: u32,
}

impl App {
    /// What a worker takes on by default: lists take turns by tenant, and leave the database to people.
    #[must_use]
    pub const fn usual_limits() -> Limits {
        Limits { concurrency: 4, per_tenant: 1 }
    }

    /// The durable work of this service.
    #[must_use]
    pub fn workflows(&self) -> Vec<Arc<dyn Workflow>> {
        jobs::workflows(self)
    }

    /// A worker for the service's jobs; any number may run side by side.
    #[must_use]
    pub fn worker(&self) -> Worker {
        Worker::new(self.db.clone(), self.clock.clone(), self.workflows(), self.limits)
            .with_pace(self.pace)
    }

    /// Tells once of invitations of any tenant that ended, as the background work does from time to time; of how many.
    ///
    /// # Errors
    /// The database's, where invitations could not be read at all.
    pub async fn tell_expired(&self) -> Result<usize> {
        ops::tell_expired(self).await
    }

    /// Erases once the people whose time has come, as the background work does from time to time.
    ///
    /// # Errors
    /// The database's, where erasures could not be read at all.
    pub async fn erase_people(&self) -> Result<ErasureLook> {
        ops::erase_people(self).await
    }

    /// Drops once the exports whose time is over, as the background work does from time to time; how many.
    ///
    /// # Errors
    /// The database's.
    pub async fn drop_exports(&self) -> Result<u64> {
        ops::drop_exports(self).await
    }
}

/// Starts the background work on `host` and returns the guarded RPCs.
///
/// # Errors
/// [`Unruled`] when an RPC has no rule.
pub fn start(app: &App, trust: Trust, host: &Host) -> Result<Guarded, Unruled> {
    let (tell, trusted) = bus::TrustedCalls::of(app.db.clone());
    let guarded = Guard::new(NAME, trust)?.telling(tell).protect(grpc::routes(app));
    host.spawn("user trusted calls", async move |stop| Ok(trusted.run(stop).await?));
    let relay = Relay::new(app.db.clone(), app.nats.clone());
    host.spawn("user relay", async move |stop| Ok(relay.run(stop).await?));
    let consumers = events::consumers(app);
    host.spawn("user consumers", async move |stop| Ok(consumers.run(stop).await?));
    let following = app.clone();
    host.spawn("user snapshots", async move |stop| {
        Ok(events::follow_rights(&following, &stop).await?)
    });
    let worker = app.worker();
    host.spawn("user jobs", async move |stop| {
        worker.run(stop).await;
        Ok(())
    });
    jobs::start(app, host);
    Ok(guarded)
}
