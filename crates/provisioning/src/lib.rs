//! Onboarding: a client's way from an invitation to a working workspace. Owns the clients, their stages, and the
//! durable job that sets a workspace up in the legacy backend.

mod config;
mod domain;
mod error;
mod events;
mod grpc;
mod jobs;
mod ops;
mod store;

use std::sync::Arc;

use ::jobs::{Policy, Worker, Workflow};
use boot::Host;
use bus::{Nats, Relay};
use kernel::Clock;
use pg::Db;
use tokio_util::sync::CancellationToken;
use vault::Vault;
use wire::{Guard, Guarded, Mesh, identity::Trust, rules::Unruled};

pub use ::jobs::{Limits, Pace};
pub use config::{Config, Watch};
pub use connector::legacy::Legacy;
pub use domain::{Cohort, Misstep, Obstacle, Refused};
pub use error::{Error, Result};
pub use ops::Swept;

/// The service's name: its schema, its role, its place in the mesh.
pub const NAME: &str = "provisioning";

/// What the service stands on.
#[derive(Clone, Debug)]
pub struct App {
    /// Its own database.
    pub db: Db,
    /// Where its facts go and come from.
    pub nats: Nats,
    /// The time.
    pub clock: Clock,
    /// The way to the user service.
    pub mesh: Mesh,
    /// Seals the clients' tokens.
    pub vault: Vault,
    /// The backend that workspaces are set up in.
    pub legacy: Legacy,
    /// How the steps of a job are tried again.
    pub policy: Policy,
    /// How much the worker takes on.
    pub limits: Limits,
    /// How long its leases hold.
    pub pace: Pace,
    /// When clients need somebody, and how often that is looked for.
    pub watch: Watch,
    /// Ends the work that runs on by itself.
    pub stopping: CancellationToken,
}

/// Says what is wrong with a spreadsheet's id, for whoever wants to know before sending it.
///
/// # Errors
/// The problem, as the end of a sentence that begins with the field's name.
pub fn check_spreadsheet_id(text: &str) -> std::result::Result<(), String> {
    let read = domain::SpreadsheetId::parse(text);
    read.map(drop).map_err(|problem| problem.to_string())
}

/// Says what is wrong with a marketplace token at `now`; never repeats any of it.
///
/// # Errors
/// The problem, as the end of a sentence that begins with the field's name.
pub fn check_wb_token(text: &str, now: kernel::Timestamp) -> std::result::Result<(), String> {
    let read = domain::WbToken::parse_alive(text, now);
    read.map(drop).map_err(|problem| problem.to_string())
}

impl App {
    /// The durable work of this service.
    #[must_use]
    pub fn workflows(&self) -> Vec<Arc<dyn Workflow>> {
        vec![
            Arc::new(jobs::ProvisionClient::whole(self.clone())),
            Arc::new(jobs::ProvisionClient::without_token(self.clone())),
            Arc::new(jobs::WithdrawClient::new(self.clone())),
        ]
    }

    /// A worker for the service's jobs; any number may run side by side.
    #[must_use]
    pub fn worker(&self) -> Worker {
        Worker::new(self.db.clone(), self.clock.clone(), self.workflows(), self.limits)
            .with_pace(self.pace)
    }

    /// Looks once for clients of any tenant that need somebody, as the background work does from time to time.
    ///
    /// # Errors
    /// The database's, where clients could not be read at all.
    pub async fn look_after_clients(&self) -> Result<Swept> {
        ops::sweep_clients(self).await
    }
}

/// Starts the background work on `host` and returns the guarded RPCs.
///
/// # Errors
/// [`Unruled`] when an RPC has no rule.
pub fn start(app: &App, trust: Trust, host: &Host) -> Result<Guarded, Unruled> {
    let (tell, trusted) = bus::TrustedCalls::of(app.db.clone());
    let guarded = Guard::new(NAME, trust)?.telling(tell).protect(grpc::routes(app));
    host.spawn("provisioning trusted calls", async move |stop| Ok(trusted.run(stop).await?));
    let relay = Relay::new(app.db.clone(), app.nats.clone());
    host.spawn("provisioning relay", async move |stop| Ok(relay.run(stop).await?));
    let consumers = events::consumers(app);
    host.spawn("provisioning consumers", async move |stop| Ok(consumers.run(stop).await?));
    let worker = app.worker();
    host.spawn("provisioning worker", async move |stop| {
        worker.run(stop).await;
        Ok(())
    });
    let watching = app.clone();
    host.spawn("provisioning watch", async move |_| {
        jobs::look_after(&watching).await;
        Ok(())
    });
    Ok(guarded)
}
