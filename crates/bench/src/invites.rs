//! A list of 10,000 people: how fast its rows are worked off, and what that takes of memory.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::sleep;
use usher::api::{Api, Running};
use uuid::Uuid;

use crate::{child::Child, cpu, ground::Ground, report::Figure};

const PASSES: usize = 2;
const ROWS: usize = 10_000;
const TENANT: &str = "demo";

/// How often the list is looked at, and the memory with it.
const GLANCE: Duration = Duration::from_millis(100);

const PATIENCE: Duration = Duration::from_secs(110);

pub(crate) const NOTES: [&str; 2] = [
    "One CSV file of 10,000 new people through the HTTP API of `usher dev`; from the request until every row has its \
     outcome. Letters go out meanwhile, and after it.",
    "Memory is VmRSS of the whole platform at its highest meanwhile, less what it was before; the sandbox keeps each \
     letter in it.",
];

/// Invites, pass by pass until `deadline`, at least once.
///
/// # Errors
/// The platform does not start, refuses, or does not get through.
pub(crate) async fn measure(
    ground: &Ground,
    deadline: tokio::time::Instant,
) -> Result<Vec<Figure>> {
    let place = ground.place("invites").await?;
    let data = place.data.to_str().context("UTF-8")?.to_owned();
    let child = place.usher(&["dev", "--data", &data, "--port", "0"], &[]).await?;
    let known = Running::read(&place.data)?;
    let api = Api::new(known.url, known.token.map(SecretString::from), Some(known.admin_url))?;
    let mut passes = Vec::new();
    for _ in 0..PASSES {
        if passes.is_empty() || tokio::time::Instant::now() < deadline {
            passes.push(pass(&api, &child).await?);
        }
    }
    child.stop().await?;
    let of = |value: fn(&Pass) -> f64| passes.iter().map(value).collect();
    Ok(vec![
        Figure::new("list accepted", "ms", of(|pass| pass.accepted)),
        Figure::new("rows worked off", "rows/s", of(|pass| pass.rate)),
        Figure::new("memory at its highest", "MiB", of(|pass| pass.grown)),
    ])
}

/// What one list took.
struct Pass {
    accepted: f64,
    rate: f64,
    grown: f64,
}

async fn pass(api: &Api, child: &Child) -> Result<Pass> {
    let (file, key) = (file()?, Uuid::new_v4().to_string());
    let before = cpu::resident(child.id()?)?;
    let (begun, mut highest) = (Instant::now(), before);
    let path = "/v1/invite-batches";
    let batch: Value = api.post_file(Some(TENANT), path, "text/csv", file, &key).await?;
    let accepted = begun.elapsed().as_secs_f64() * 1000.0;
    let path = format!("{path}/{}", batch["batchId"].as_str().context("a list")?);
    let ended = loop {
        let seen: Value = api.get(Some(TENANT), &path).await?;
        highest = highest.max(cpu::resident(child.id()?)?);
        if seen["status"] != "running" {
            break seen;
        }
        ensure!(begun.elapsed() < PATIENCE, "the list is not worked off: {seen}");
        sleep(GLANCE).await;
    };
    let rate = ROWS as f64 / begun.elapsed().as_secs_f64();
    ensure!(ended["created"] == ROWS, "not everybody is invited: {ended}");
    Ok(Pass { accepted, rate, grown: highest - before })
}

/// A file of people whom nobody has seen before.
fn file() -> Result<Vec<u8>> {
    let mark = Uuid::now_v7().simple().to_string();
    let mut text = "email,name,role,locale\n".to_owned();
    for number in 0..ROWS {
        writeln!(text, "person-{number}@{mark}.example,Person {number},user,en")?;
    }
    Ok(text.into_bytes())
}
