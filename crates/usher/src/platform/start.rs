//! Builds the parts of this process and opens its doors.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use boot::{Door, Health, Host, Listener, listen::Tls};
use bus::Nats;
use kernel::Clock;
use pg::Db;
use vault::Vault;
use wire::{Mesh, Peers};

use super::{
    Keys, Part, Settings, access, catalogue, doors, keys::OPERATOR, keys_fit, services::Common,
    vault,
};

/// What the parts stand on.
#[derive(Debug)]
pub struct Ground {
    /// Every setting.
    pub settings: Settings,
    /// The parts to run here.
    pub parts: Vec<Part>,
    /// The time.
    pub clock: Clock,
    /// Pages to mount on the admin listener, such as the sandbox's.
    pub pages: axum::Router,
}

/// A running process of the platform.
#[derive(Debug)]
pub struct Platform {
    /// Where the gateway answers, if it runs here.
    pub public: SocketAddr,
    /// Where metrics and health answer.
    pub admin: SocketAddr,
    /// Calls in the operator's own name, for seeding; only where all parts run here.
    pub operator: Option<Mesh>,
    /// The databases of the services that run here.
    pub databases: Vec<Db>,
    /// The connection to NATS.
    pub nats: Nats,
    health: Health,
}

impl Platform {
    /// Waits until every check is well; after `patience`, until the decisive ones are.
    pub async fn answers(&self, patience: Duration) {
        let begun = tokio::time::Instant::now();
        loop {
            let found = self.health.readiness().await;
            let well = found.checks.iter().all(|check| check.ok);
            if well || found.ready && begun.elapsed() >= patience {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Starts the parts; returns when the doors are open.
///
/// # Errors
/// A setting that is missing or wrong, a port that is taken, an RPC without a rule.
pub async fn start(ground: Ground, host: &Host) -> anyhow::Result<Platform> {
    let settings = &ground.settings;
    let public = public(settings, host).await?;
    let admin = Listener::bind(Door::Admin, admin_address(settings, public.address())).await?;
    boot::metrics::start(host);
    let mut keys = match &settings.keys_dir {
        Some(folder) => Keys::load(folder, &ground.parts)?,
        None => Keys::fresh()?,
    };
    let peers = Peers::default();
    for (name, url) in &settings.peers {
        peers.there(name, url)?;
    }
    let trust = keys.trust.clone();
    let nats = nats(settings).await?;
    let health = Health::new(host);
    watch_nats(&health, &nats);

    let common = Common {
        settings,
        clock: &ground.clock,
        nats: &nats,
        trust: &trust,
        public: public.address(),
    };
    let mut running = Vec::new();
    let mut databases = Vec::new();
    for part in ground.parts.iter().copied().filter(|part| *part != Part::Gateway) {
        let db = Db::connect(&access(settings)?, part.name())?;
        watch_database(&health, &db);
        let vault = vault(settings)?;
        if !keys_fit(settings, &vault, &db).await? {
            watch_keys(&health, &vault, &db);
        }
        let mesh = Mesh::new(keys.private(part.name())?, peers.clone());
        catalogue::declare(part, mesh.clone(), host);
        let guarded = common.start(part, db.clone(), mesh, host)?;
        peers.here(part.name(), guarded.clone());
        running.push((part.name(), guarded));
        databases.push(db);
    }
    if let Some(address) = settings.boot.grpc_listen {
        let listener = Listener::bind(Door::Grpc, address).await?;
        boot::listen::serve(listener, doors::grpc(running), host);
    }
    let (public_address, admin_address) = (public.address(), admin.address());
    if ground.parts.contains(&Part::Gateway) {
        let mesh = Mesh::new(keys.private(Part::Gateway.name())?, peers.clone());
        let router = front(settings, mesh, &ground.clock, &health, &nats, host)?;
        boot::listen::serve(public, router, host);
    }
    boot::listen::serve(admin, boot::listen::admin_router(&health, ground.pages), host);
    let operator = keys.private(OPERATOR).ok().map(|key| Mesh::new(key, peers));
    Ok(Platform { public: public_address, admin: admin_address, operator, databases, nats, health })
}

/// The connection to NATS and the stream that the settings name; returns at once even if the server is away.
///
/// # Errors
/// The address cannot be read.
pub async fn nats(settings: &Settings) -> anyhow::Result<Nats> {
    let stream =
        bus::Stream { name: settings.stream.clone(), prefix: settings.stream.to_lowercase() };
    Ok(Nats::connect_to(settings.boot.nats_url()?, stream).await?)
}

/// The public listener, over TLS where the settings name a certificate.
async fn public(settings: &Settings, host: &Host) -> anyhow::Result<Listener> {
    let public = Listener::bind(Door::Public, settings.boot.listen).await?;
    Ok(match settings.boot.tls() {
        Some(files) => public.secured(Tls::open(files, host)?),
        None => public,
    })
}

/// The admin listener follows a public port that was chosen by the system.
fn admin_address(settings: &Settings, public: SocketAddr) -> SocketAddr {
    let mut boot = settings.boot.clone();
    if settings.boot.listen.port() != 0 {
        boot.listen = public;
    }
    boot.admin_listen()
}

fn watch_database(health: &Health, db: &Db) {
    let db = db.clone();
    health.register(format!("postgres {}", db.service()), move || {
        let db = db.clone();
        async move { db.ping().await.map_err(|problem| problem.to_string()) }
    });
}

/// A database that was away at the start may turn out to need other keys: then this process does no work.
fn watch_keys(health: &Health, vault: &Vault, db: &Db) {
    let (vault, db, fits) = (vault.clone(), db.clone(), Arc::new(AtomicBool::new(false)));
    health.register(format!("master key {}", db.service()), move || {
        let (vault, db, fits) = (vault.clone(), db.clone(), Arc::clone(&fits));
        async move {
            if !fits.load(Ordering::Relaxed) {
                vault.fits(&db).await.map_err(|problem| problem.to_string())?;
                fits.store(true, Ordering::Relaxed);
            }
            Ok(())
        }
    });
}

fn watch_nats(health: &Health, nats: &Nats) {
    let nats = nats.clone();
    // Facts wait in the outbox meanwhile, so a platform without NATS is no reason to send its callers away.
    health.advise("nats", move || {
        let connected = nats.is_connected();
        async move {
            if connected {
                Ok(())
            } else {
                Err("not connected; facts wait in the outbox".to_owned())
            }
        }
    });
}

fn front(
    settings: &Settings,
    mesh: Mesh,
    clock: &Clock,
    health: &Health,
    nats: &Nats,
    host: &Host,
) -> anyhow::Result<axum::Router> {
    let console = console::router(mesh.clone());
    let deps = gateway::Deps {
        mesh,
        clock: clock.clone(),
        health: health.clone(),
        nats: Some(nats.clone()),
        callers: gateway::Callers::read(settings.gateway.signed_callers.as_ref())?,
    };
    Ok(gateway::router(&settings.gateway, deps, host, console))
}
