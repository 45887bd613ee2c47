//! When a running platform has nothing left to do.

use std::time::Duration;

use bus::Nats;
use pg::Db;
use sqlx::PgConnection;

use crate::{claims, world::World};

/// How often a platform is looked at until it rests.
pub(crate) const GLANCE: Duration = Duration::from_millis(50);

/// What is still on its way in a running platform.
pub(crate) struct Rest {
    nats: Nats,
    services: Vec<Db>,
    admin: PgConnection,
}

impl Rest {
    pub(crate) async fn of(world: &World) -> Self {
        let access = world.database.access_with(1);
        let connect = |service| Db::connect(&access, service).expect("an address");
        Self {
            nats: world.stream.nats().await,
            services: pg::services().map(connect).collect(),
            admin: world.database.admin().await,
        }
    }

    /// A sentence for everything that is not done yet. Work may move behind one look, from a service that was not looked
    /// at yet to one that was; two looks and a stream that does not grow meanwhile leave it no place.
    pub(crate) async fn unrest(&mut self) -> Vec<String> {
        let before = self.told().await;
        for _ in 0..2 {
            let found = self.look().await;
            if !found.is_empty() {
                return found;
            }
        }
        if self.told().await == before { Vec::new() } else { vec!["facts are being told".into()] }
    }

    /// How much the stream was ever told; none while it cannot be asked.
    async fn told(&self) -> Option<u64> {
        Some(self.nats.ensure_stream().await.ok()?.state.last_sequence)
    }

    async fn look(&mut self) -> Vec<String> {
        let mut found = claims::ask(&mut self.admin, claims::UNFINISHED).await;
        for db in &self.services {
            match bus::unrest(db, &self.nats).await {
                Ok(unrest) => found.extend(unrest),
                Err(failure) => found.push(failure.to_string()),
            }
        }
        found
    }
}
