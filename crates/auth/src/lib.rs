//! Sign-in: people's passwords, sessions and letters that let them in, and who stands behind a presented token.
//!
//! People are global, and so are their credentials and sessions; what is told of them belongs to the platform. Tokens, API
//! keys and apps belong to a tenant.

mod captcha;
mod captcha_config;
mod config;
mod domain;
mod error;
mod events;
mod grpc;
mod hasher;
mod jobs;
mod oidc;
mod ops;
mod peers;
mod relying;
mod signer;
mod store;

use std::{sync::Arc, time::Duration};

use ::jobs::{Limits, Worker, Workflow};
use boot::Host;
use bus::{Nats, Relay};
use kernel::Clock;
use outbound::Outbound;
use pg::Db;
use vault::Vault;
use wire::{Guard, Guarded, Mesh, identity::Trust, rules::Unruled};

pub use captcha::{Captcha, CaptchaProvider, Siteverify};
pub use captcha_config::{CaptchaConfig, Kind as CaptchaKind};
pub use config::Config;
pub use domain::{
    BadClientWish, BadKeyWish, BadPassword, BadSecret, BadTtl, BanRefusal, CaptchaRefusal, Closed,
    KeyPolicy, KeyRefusal, Lifetimes, OAuthProblem, PasskeyRefusal, SsoRefusal,
};
pub use error::{Error, Result};
pub use hasher::Hasher;
pub use relying::{BadRelying, Relying};
pub use signer::Signer;

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
    /// The services it asks: `tenant` for proofs of domains, `user` for what people may do and new members.
    pub mesh: Mesh,
    /// The way to tenants' providers.
    pub outbound: Outbound,
    /// Whom passkeys answer to.
    pub relying: Relying,
    /// How long sessions live.
    pub lifetimes: Lifetimes,
    /// How keys that sign tokens are made and replaced.
    pub keys: KeyPolicy,
    /// What signs tokens.
    pub signer: Signer,
    /// How long an access token lives.
    pub access_life: Duration,
    /// The proof that strangers give.
    pub captcha: Captcha,
    /// So many refusals within an hour ban their source for a while; none do for 0.
    pub ban_after: u32,
}

/// Apps are told of ended sessions side by side, but no tenant's apps keep all others waiting.
const LIMITS: Limits = Limits { concurrency: 8, per_tenant: 4 };

impl App {
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
    host.spawn("auth trusted calls", async move |stop| Ok(trusted.run(stop).await?));
    let relay = Relay::new(app.db.clone(), app.nats.clone());
    host.spawn("auth relay", async move |stop| Ok(relay.run(stop).await?));
    let consumers = events::consumers(app);
    host.spawn("auth consumers", async move |stop| Ok(consumers.run(stop).await?));
    let worker = Worker::new(app.db.clone(), app.clock.clone(), app.workflows(), LIMITS);
    host.spawn("auth jobs", async move |stop| {
        worker.run(stop).await;
        Ok(())
    });
    let rotating = app.clone();
    host.spawn("auth signing keys", async move |stop| {
        jobs::rotate_keys(&rotating, &stop).await;
        Ok(())
    });
    let sweeping = app.clone();
    host.spawn("auth sweep", async move |stop| {
        jobs::sweep_leftovers(&sweeping, &stop).await;
        Ok(())
    });
    Ok(guarded)
}
