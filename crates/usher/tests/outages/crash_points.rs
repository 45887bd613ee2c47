//! The platform dies at every write of one whole onboarding: each point leads to the same end.
//!
//! A write is whatever the platform sends at once to PostgreSQL, NATS, the legacy backend or the mail server.
//! `USHER_CRASH_POINTS` says at how many of them it dies, spread evenly (10); `all` is every one, lost and arriving.

use std::{env, str::FromStr, time::Instant};

use futures::{StreamExt, stream as streams};
use sqlx::postgres::PgConnectOptions;
use testkit::{Platform, Tenant};
use usher::platform::Settings;

use crate::{
    clients::Client,
    fuse::{End, Fuse, Last, end_of},
    insist::{self, Persistent},
    once, stream,
};

/// Points at the same time: most of one is waiting for the leases of the dead.
const AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn dying_at_any_write_of_an_onboarding_leads_to_the_same_end() {
    let writes = undisturbed().await;
    let points = chosen(writes);
    println!("one onboarding takes {writes} writes; the platform dies at {} points", points.len());
    let begun = Instant::now();
    let died = streams::iter(points.clone())
        .map(|(at, last)| die_at(at, last))
        .buffer_unordered(AT_ONCE)
        .filter_map(async |met| met.then_some(()))
        .count()
        .await;
    println!("died at {died} of {} points, {:.0?} in all", points.len(), begun.elapsed());
    assert!(died > points.len() / 2, "only {died} of {} points were met", points.len());
}

/// How many writes an onboarding takes that nothing happens to.
async fn undisturbed() -> u64 {
    let (platform, tenant, fuse) = platform().await;
    let staff = tenant.admin().await;
    fuse.arm(u64::MAX / 4, Last::Lost);
    let client = Persistent::new().bring_in(&staff, platform.sandbox()).await;
    let writes = fuse.disarm();
    judge(&platform, &client).await;
    platform.stop().await;
    writes
}

/// The points to die at.
fn chosen(writes: u64) -> Vec<(u64, Last)> {
    let wish = env::var("USHER_CRASH_POINTS").unwrap_or_default();
    if wish == "all" {
        return (1..=writes).flat_map(|at| [(at, Last::Lost), (at, Last::Arrives)]).collect();
    }
    let count = if wish.is_empty() { 10 } else { u64::from_str(&wish).expect("a number or `all`") };
    // Another place within each span at each run.
    let offset = rand::random_range(0..writes.div_ceil(count));
    let at = |number| (number * writes / count + offset) % writes + 1;
    let last = |number| if number % 2 == 0 { Last::Lost } else { Last::Arrives };
    (0..count).map(|number| (at(number), last(number))).collect()
}

/// Dies at this write, starts again and goes on; whether the point was met at all.
async fn die_at(at: u64, last: Last) -> bool {
    let (platform, tenant, fuse) = platform().await;
    let staff = tenant.admin().await;
    let one = Persistent::new();
    fuse.arm(at, last);
    let met = tokio::select! {
        () = fuse.blown() => true,
        _ = one.bring_in(&staff, platform.sandbox()) => fuse.has_blown(),
    };
    fuse.disarm();
    let next = platform.twin().await;
    platform.kill();
    let staff = next.operator().await.within(tenant.id);
    let client = one.bring_in(&staff, next.sandbox()).await;
    judge(&next, &client).await;
    next.stop().await;
    met
}

/// A platform whose every line to the outside has the fuse.
async fn platform() -> (Platform, Tenant, Fuse) {
    let fuse = Fuse::new();
    let lines = fuse.clone();
    let platform = Platform::builder().patience(insist::PATIENCE);
    let platform = platform.settings(move |settings| reroute(settings, &lines)).start().await;
    let tenant = platform.tenant("One client").await;
    platform.settled().await;
    (platform, tenant, fuse)
}

fn reroute(settings: &mut Settings, fuse: &Fuse) {
    let database = settings.boot.database_url.as_ref().expect("is set").expose();
    let options = PgConnectOptions::from_str(database).expect("a URL of PostgreSQL");
    let line = fuse.line_to(end_of(&options));
    let name = options.get_database().expect("a database of the test's own");
    let user = options.get_username();
    settings.boot.database_url = Some(format!("postgres://{user}@{line}/{name}").into());
    let reroute = |url: &str| {
        let (scheme, address) = url.split_once("://").expect("a URL");
        format!("{scheme}://{}", fuse.line_to(End::Tcp(address.trim_end_matches('/').into())))
    };
    let nats = settings.boot.nats_url.as_ref().expect("is set");
    settings.boot.nats_url = Some(reroute(nats.expose()).into());
    let smtp = settings.notifier.smtp_url.as_ref().expect("is set");
    settings.notifier.smtp_url = Some(reroute(smtp.expose()).into());
    let legacy = settings.provisioning.legacy_url.as_ref().expect("is set");
    settings.provisioning.legacy_url = Some(reroute(legacy));
    // As short as a lease may be: the dead are waited for at every point.
    settings.job_lease_seconds = 3;
    settings.database_connections = 2;
}

/// At rest, with every effect once.
async fn judge(platform: &Platform, client: &Client) {
    platform.settled().await;
    once::each(platform.database(), platform.sandbox(), std::slice::from_ref(client)).await;
    stream::is_whole(platform.database(), platform.stream()).await;
}
