//! What requests cost: an authenticated read, an invitation, an acceptance.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use sandbox::Sandbox;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::{task::spawn_blocking, time::Instant};
use usher::api::Running;

use crate::{
    child::Child,
    door::Door,
    ground::Ground,
    load::load,
    machine::hash_cpu_ms,
    pass::{Cost, costs},
    place::Place,
    report::{Bar, Figure},
};

const PASSES: usize = 5;

/// Requests of one pass.
const READS: usize = 2_000;
const INVITES: usize = 600;
const ACCEPTS: usize = 100;

/// Requests before the first pass; their acceptances make the members that are read.
const WARM: usize = 40;

/// The parts that serve these requests. Letters, feeds and provisioning are other parts' work, which comes later.
const PARTS: [&str; 5] = ["run", "tenant", "auth", "user", "gateway"];

pub(crate) const NOTES: [&str; 3] = [
    "4 requests at a time over kept connections; usher is one process with gateway, tenant, auth and user, PostgreSQL all \
     of its processes; the relay's part is in it.",
    "`invite with letter`: every part runs, from the request until the mail server has the letter.",
    "CPU is utime + stime of /proc, in steps of 10 ms a process and pass. A hash is measured in this process, on all cores \
     at once, after the acceptances of its pass.",
];

/// Measures until `deadline`, each figure at least once.
///
/// # Errors
/// The platform does not start or refuses a request.
pub(crate) async fn measure(ground: &Ground, deadline: Instant) -> Result<Vec<Figure>> {
    let place = ground.place("requests").await?;
    let sandbox = sandbox::start(sandbox::Config::calm()).await?;
    let (token, mailed) = prepare(&place, ground, &sandbox, deadline).await?;
    let tokens = links(&sandbox);
    let child = place.usher(&PARTS, &outside(&sandbox)).await?;
    let door = Door::new(&child, token)?;
    let passes = passes(ground, &child, &door, &tokens, deadline).await?;
    child.stop().await?;
    sandbox.stop().await;

    let mut figures = Cost::figures("read", &passes.reads, Some(Bar::AtMost(0.3)));
    figures.extend(Cost::figures("invite", &passes.invites, Some(Bar::AtMost(1.0))));
    figures.push(Cost::total("invite with letter", &mailed));
    figures.extend(Cost::figures("accept", &passes.accepts, None));
    let each = passes.accepts.iter().zip(&passes.hashes);
    let rest = each.map(|(accept, hash)| accept.cpu() - hash).collect();
    figures.push(Figure::new("one argon2 hash: CPU", "CPU·ms", passes.hashes));
    figures.push(Figure::new("accept − one hash: CPU", "CPU·ms", rest).with_bar(Bar::AtMost(1.5)));
    Ok(figures)
}

/// What each pass found.
#[derive(Default)]
struct Passes {
    reads: Vec<Cost>,
    invites: Vec<Cost>,
    accepts: Vec<Cost>,
    /// Processor time of one hash, right after the acceptances of the pass, milliseconds.
    hashes: Vec<f64>,
}

/// With every part running: makes the operator's token, and invites everyone whose acceptance is measured later.
async fn prepare(
    place: &Place,
    ground: &Ground,
    sandbox: &Sandbox,
    deadline: Instant,
) -> Result<(String, Vec<Cost>)> {
    let data = place.data.to_str().context("a path in UTF-8")?;
    let args = ["dev", "--data", data, "--port", "0", "--no-sandbox"];
    let child = place.usher(&args, &outside(sandbox)).await?;
    let running = Running::read(&place.data)?;
    let token = running.token.context("`usher dev` leaves a token")?;
    let door = Door::new(&child, token.clone())?;
    invite(&door, sandbox, WARM).await?;
    let mut mailed = Vec::new();
    for _ in 0..PASSES {
        if mailed.is_empty() || Instant::now() < deadline {
            let work = async || invite(&door, sandbox, ACCEPTS).await;
            mailed.push(costs(ground.postmaster(), &child, ACCEPTS, work).await?);
        }
    }
    child.stop().await?;
    Ok((token, mailed))
}

/// Invites, and waits until all letters are there.
async fn invite(door: &Door, sandbox: &Sandbox, count: usize) -> Result<Vec<f64>> {
    let expected = sandbox.mail.messages().len() + count;
    let served = load(count, async |_| door.invite().await).await?;
    let nth = expected as u64 - 1;
    let mailed = sandbox.mail.wait_for(|mail| mail.id >= nth, Duration::from_secs(60)).await;
    ensure!(mailed.is_some(), "the letters do not come");
    Ok(served.latencies)
}

/// Reads, invitations and acceptances, pass by pass.
async fn passes(
    ground: &Ground,
    child: &Child,
    door: &Door,
    tokens: &[String],
    deadline: Instant,
) -> Result<Passes> {
    ensure!(tokens.len() >= WARM + ACCEPTS, "too few letters came");
    let (warm, rest) = tokens.split_at(WARM);
    let members = load(WARM, async |n| door.accept(&warm[n]).await).await?;
    let members: Vec<String> = members.answers.iter().map(member).collect();
    let read = async |count| load(count, async |n| door.read(&members[n % WARM]).await).await;
    read(WARM).await?;
    let mut passes = Passes::default();
    let root = ground.postmaster();
    for tokens in rest.chunks_exact(ACCEPTS) {
        if !passes.reads.is_empty() && Instant::now() > deadline {
            break;
        }
        let work = async || Ok(read(READS).await?.latencies);
        passes.reads.push(costs(root, child, READS, work).await?);
        let work = async || Ok(load(INVITES, async |_| door.invite().await).await?.latencies);
        passes.invites.push(costs(root, child, INVITES, work).await?);
        let one = async |n: usize| door.accept(&tokens[n]).await;
        let work = async || Ok(load(ACCEPTS, one).await?.latencies);
        passes.accepts.push(costs(root, child, ACCEPTS, work).await?);
        passes.hashes.push(spawn_blocking(hash_cpu_ms).await??);
    }
    Ok(passes)
}

/// The tokens in all letters.
fn links(sandbox: &Sandbox) -> Vec<String> {
    let letters = sandbox.mail.messages();
    let links = letters.iter().flat_map(|mail| mail.links.iter());
    let invitations = links.filter_map(|link| Some(link.split_once("/invite/")?.1.to_owned()));
    invitations.collect()
}

fn member(accepted: &Value) -> String {
    let id = accepted["userId"].as_str();
    id.unwrap_or_default().to_owned()
}

fn outside(sandbox: &Sandbox) -> [(&'static str, String); 3] {
    let key = sandbox.legacy.api_key().expose_secret().to_owned();
    [
        ("USHER_SMTP_URL", format!("smtp://{}", sandbox.mail.smtp_addr())),
        ("USHER_LEGACY_URL", sandbox.legacy.url()),
        ("USHER_LEGACY_API_KEY", key),
    ]
}
