//! How fast the whole platform starts in one process, and how little it takes while nothing happens.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::Result;
use tokio::time::sleep;

use crate::{
    child::Child,
    cpu::{self, Cpu},
    ground::Ground,
    place::Place,
    report::{Bar, Figure},
};

const STARTS: usize = 10;

/// How long the platform is left alone before its memory is looked at.
const IDLE: Duration = Duration::from_secs(5);

/// How often a platform that has started is asked whether it is ready.
const GLANCE: Duration = Duration::from_millis(2);

const MIB: f64 = 1024.0 * 1024.0;

pub(crate) const NOTES: [&str; 2] = [
    "`usher run` with every part in one process, as a warm file of the disk; the database is migrated, both servers are up.",
    "Started means the line `ready`; the readiness probe asks PostgreSQL and NATS as well.",
];

/// Starts it ten times.
///
/// # Errors
/// It does not start.
pub(crate) async fn measure(ground: &Ground) -> Result<Vec<Figure>> {
    let place = ground.place("start").await?;
    let (mut said, mut probed) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let begun = Instant::now();
        let child = run(&place).await?;
        said.push(millis(child.took));
        until_probed(&child).await?;
        probed.push(millis(begun.elapsed()));
        child.stop().await?;
    }
    let child = run(&place).await?;
    sleep(IDLE).await;
    let used = || anyhow::Ok((cpu::of_tree(child.id()?)?, cpu::of_tree(ground.postmaster())?));
    let before = used()?;
    sleep(IDLE).await;
    let after = used()?;
    let a_second = |cpu: Cpu| vec![cpu.total() / IDLE.as_secs_f64()];
    let resident = cpu::resident(child.id()?)?;
    child.stop().await?;
    let size = fs::metadata(ground.binary())?.len() as f64 / MIB;
    Ok(vec![
        Figure::new("start to `ready`", "ms", said).with_bar(Bar::AtMost(300.0)),
        Figure::new("start to the readiness probe", "ms", probed),
        Figure::new("idle memory (VmRSS)", "MiB", vec![resident]).with_bar(Bar::AtMost(80.0)),
        Figure::new("idle work of usher", "CPU·ms/s", a_second(after.0 - before.0)),
        Figure::new("idle work of PostgreSQL", "CPU·ms/s", a_second(after.1 - before.1)),
        Figure::new("size of the binary", "MiB", vec![size]),
    ])
}

/// The outside systems are not asked for anything here, so nobody needs to answer at these addresses.
async fn run(place: &Place) -> Result<Child> {
    let outside = [
        ("USHER_SMTP_URL", "smtp://127.0.0.1:9".to_owned()),
        ("USHER_LEGACY_URL", "http://127.0.0.1:9".to_owned()),
        ("USHER_LEGACY_API_KEY", "nobody-asks".to_owned()),
    ];
    place.usher(&["run"], &outside).await
}

async fn until_probed(child: &Child) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    let http = reqwest::Client::new();
    loop {
        let answer = http.get(format!("{}/readyz", child.url)).send().await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        anyhow::ensure!(Instant::now() < deadline, "usher does not become ready");
        sleep(GLANCE).await;
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
