//! Onboardings by the thousand while services are killed at random: none is lost, none happens twice.
//!
//! `USHER_STORM_CLIENTS` (40) says how many, `USHER_STORM_SEED` repeats the order of kills of an earlier run.

use std::{
    env,
    str::FromStr,
    time::{Duration, Instant},
};

use futures::{StreamExt, stream as streams};
use rand::{Rng, SeedableRng, rngs::StdRng};
use testkit::Fleet;
use usher::platform::Part;

use crate::{clients::Client, insist::Persistent, once, stream};

/// Clients on their way at the same time, at least.
const AT_ONCE: usize = 24;

/// And at most: a long storm would last for hours if so few were under way while most wait for the leases of the dead.
const AT_ONCE_IN_A_LONG_STORM: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn services_killed_at_random_lose_and_double_no_onboarding() {
    let count: usize = wished("USHER_STORM_CLIENTS").unwrap_or(40);
    let seed = wished("USHER_STORM_SEED").unwrap_or_else(rand::random::<u64>);
    println!("{count} onboardings; USHER_STORM_SEED={seed} repeats the order of kills");
    let folder = tempfile::tempdir().expect("a folder");
    let mild = sandbox::Config::default();
    let fleet = Fleet::start(env!("CARGO_BIN_EXE_usher"), folder.path(), mild).await;
    let staff = fleet.tenant("A storm").await.admin().await;
    let begun = Instant::now();
    let load = streams::iter(0..count)
        .map(|_| async { Persistent::new().bring_in(&staff, fleet.sandbox()).await })
        .buffer_unordered((count / 50).clamp(AT_ONCE, AT_ONCE_IN_A_LONG_STORM))
        .collect::<Vec<Client>>();
    let mut kills = Vec::new();
    let all = tokio::select! {
        all = load => all,
        () = kill_at_random(&fleet, StdRng::seed_from_u64(seed), &mut kills) => unreachable!("goes on"),
    };
    println!("{count} active after {:.0?} and {} kills", begun.elapsed(), kills.len());
    // The chaos may have ended between a death and its rebirth.
    if let Some(last) = kills.last() {
        fleet.kill(*last).await;
        fleet.begin(*last);
    }
    fleet.settled().await;
    once::each(fleet.database(), fleet.sandbox(), &all).await;
    stream::is_whole(fleet.database(), fleet.stream()).await;
    assert!(!kills.is_empty(), "nothing was killed");
}

/// Kills one part after the other and starts it again, for as long as it is asked to. The random moments themselves
/// are waited for by the clock; nothing is judged by them.
async fn kill_at_random(fleet: &Fleet, mut random: StdRng, kills: &mut Vec<Part>) {
    loop {
        tokio::time::sleep(Duration::from_millis(random.random_range(200..1_500))).await;
        let part = Part::ALL[random.random_range(0..Part::ALL.len())];
        kills.push(part);
        fleet.kill(part).await;
        tokio::time::sleep(Duration::from_millis(random.random_range(0..600))).await;
        fleet.begin(part);
    }
}

fn wished<T: FromStr>(key: &str) -> Option<T> {
    let text = env::var(key).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().ok().unwrap_or_else(|| panic!("{key} must be a whole number, not {text}")))
}
