//! Whether a platform has come to rest: every fact told and heard, every job ended.

use std::time::{Duration, Instant};

use boot::Host;
use bus::Nats;
use pg::Db;
use usher::platform::Part;

use super::running::World;

/// How often the platform is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// Waits until nothing is under way; what still is when the patience is over, or which task has died meanwhile.
pub(super) async fn settle(world: &World, host: &Host) -> Vec<String> {
    let dbs: Vec<Db> = services(world).map(|name| world.database.db(name)).collect();
    let nats = world.stream.nats().await;
    let deadline = Instant::now() + world.patience;
    let left = loop {
        let dead: Vec<_> = host.dead_tasks().iter().map(ToString::to_string).collect();
        if !dead.is_empty() {
            break dead;
        }
        let left = look_twice(world, &dbs, &nats).await;
        let left = left.unwrap_or_else(|away| vec![format!("{away:#}")]);
        if left.is_empty() || Instant::now() > deadline {
            break left;
        }
        tokio::time::sleep(GLANCE).await;
    };
    for db in dbs {
        db.close().await;
    }
    left
}

fn services(world: &World) -> impl Iterator<Item = &'static str> {
    world.parts.iter().filter(|part| **part != Part::Gateway).map(|part| part.name())
}

/// What is under way, a sentence each. One service is looked at after another, so work may move behind our back: by a
/// fact, and then the stream grows, or by a call, and then the second look finds what it left.
async fn look_twice(world: &World, dbs: &[Db], nats: &Nats) -> anyhow::Result<Vec<String>> {
    let before = nats.ensure_stream().await?.state.last_sequence;
    for _ in 0..2 {
        let left = look(world, dbs, nats).await?;
        if !left.is_empty() {
            return Ok(left);
        }
    }
    let grew = nats.ensure_stream().await?.state.last_sequence != before;
    Ok(if grew { vec!["facts are being told".into()] } else { Vec::new() })
}

async fn look(world: &World, dbs: &[Db], nats: &Nats) -> anyhow::Result<Vec<String>> {
    let mut left = Vec::new();
    for db in dbs {
        left.extend(bus::unrest(db, nats).await?);
        let depth = jobs::depth(db, world.clock.now()).await?;
        let counts = [
            (depth.ready, "ready"),
            (depth.running, "running"),
            (depth.waiting, "waiting"),
            (depth.stuck, "stuck"),
        ];
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            left.push(format!("{} has {count} {what} jobs", db.service()));
        }
    }
    Ok(left)
}
