//! Memory while runs come and go by the ten thousand.

use std::process;

use anyhow::Result;
use sqlx::{Connection, Executor, PgConnection};

use crate::{
    cpu,
    engine::{Engine, ONE},
    ground::Ground,
    report::{Bar, Figure},
};

/// Runs between two looks at the memory.
const ROUND: usize = 10_000;

/// Looks; the first one is after the caches are warm.
const ROUNDS: usize = 10;

const TENANTS: usize = 20;

pub(crate) const NOTES: [&str; 1] = [
    "100,000 runs of one step that does nothing, filled and worked off by 10,000 in one process, whose VmRSS it is.",
];

/// Works off 100,000 runs.
///
/// # Errors
/// The database refuses, or runs do not end.
pub(crate) async fn measure(ground: &Ground) -> Result<Vec<Figure>> {
    let place = ground.place("soak").await?;
    let engine = Engine::open(&place.access(), TENANTS)?;
    let mut resident = Vec::new();
    for round in 0..ROUNDS {
        let first = round * ROUND;
        engine.fill(ONE, first..first + ROUND).await?;
        PgConnection::connect(&place.url).await?.execute("analyze").await?;
        engine.drain(ROUND, 32).await?;
        // The measurement's own notes are not the engine's memory.
        engine.seen.starts().clear();
        resident.push(cpu::resident(process::id())?);
    }
    engine.db.close().await;
    let (first, last) = (resident[0], resident[ROUNDS - 1]);
    Ok(vec![
        Figure::new("memory after 10,000 runs", "MiB", vec![first]),
        Figure::new("memory after 100,000 runs", "MiB", vec![last])
            .with_bar(Bar::AtMost(first * 1.1)),
    ])
}
