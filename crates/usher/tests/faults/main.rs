//! kill -9 at any moment of the main job or of an erasure, restart, run again: nothing is lost and nothing happens twice.
//!
//! `USHER_FAULT_ROUNDS` (5) says how many rounds, `USHER_FAULT_SEED` repeats the moments of an earlier run.

mod child;
mod claims;
mod erasure;
mod facts;
mod moments;
mod outside;
mod rest;
mod round;
mod verify;
mod world;

use std::{env, str::FromStr};

use futures::{StreamExt, stream};

use crate::{
    moments::Measured,
    round::{Round, undisturbed},
    world::Ground,
};

/// Rounds at the same time: most of a round is waiting for the leases of the dead.
const AT_ONCE: usize = 2;

#[tokio::test]
async fn killed_at_any_moment_and_run_again_the_main_job_is_done_once() {
    let rounds = wished("USHER_FAULT_ROUNDS").unwrap_or(5);
    let seed = wished("USHER_FAULT_SEED").unwrap_or_else(rand::random::<u64>);
    println!("{rounds} rounds; USHER_FAULT_SEED={seed} repeats their moments");
    let measured = undisturbed().await;
    println!("undisturbed: {measured:?}");
    let failures: Vec<String> = stream::iter(0..rounds)
        .map(|number| one(number, rounds, seed, measured))
        .buffer_unordered(AT_ONCE)
        .filter_map(async |outcome| outcome.err())
        .collect()
        .await;
    let (count, all) = (failures.len(), failures.join("\n\n"));
    assert!(
        failures.is_empty(),
        "USHER_FAULT_SEED={seed}: {count} of {rounds} rounds failed\n\n{all}"
    );
}

async fn one(number: u64, rounds: u64, seed: u64, measured: Measured) -> Result<(), String> {
    let kills = moments::draw(number, rounds, seed, measured);
    // A migration can be killed only where there is something to migrate.
    let ground = if kills[0].is_of_start() { Ground::Empty } else { Ground::Migrated };
    let told = format!("round {number}, kills {kills:?} on {ground:?} ground");
    let mut round = Round::new(ground).await;
    let outcome = round.play(&kills).await;
    let (Ok(verdict) | Err(verdict)) = &outcome;
    println!("{told}: {verdict}");
    outcome.map(drop).map_err(|failure| {
        let said = round.said();
        format!("{told}: {failure}\n--- what its processes said ---\n{said}")
    })
}

fn wished<T: FromStr>(key: &str) -> Option<T> {
    let text = env::var(key).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().ok().unwrap_or_else(|| panic!("{key} must be a whole number, not {text}")))
}
