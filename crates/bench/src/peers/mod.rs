//! Our job engine beside what a user would pick instead: the same tasks, in turns, on one durable PostgreSQL.

mod child;
mod ours;
mod raw;
mod record;
mod server;
mod table;
mod task;

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::{
    cpu,
    machine::{self, Machine},
    report::{Noise, Section},
};
use child::Peer;
use ours::Ours;
use record::{Record, Who};
use server::{Place, Server};
use task::{Kind, Measured, Task};

const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/peers/release");

const NOTES: [&str; 6] = [
    "A private PostgreSQL with fsync and synchronous_commit on, a fresh database for every task of every contender, a \
     checkpoint before it. In each pass every contender makes a task before the next task begins.",
    "A job is a no-op: ours is a run of one step with its journal row; a peer's is its plain job. Jobs of ours are of 16 \
     tenants.",
    "Enqueue: one job per transaction, through the library's own way into the caller's transaction (dbos has none). The \
     raw rate is begin, insert of a row of the same size, commit; it is taken before and after ours.",
    "Drain: until the last end is committed. CPU is that of the contender's process and of all PostgreSQL processes, from \
     the start of the worker on.",
    "Start latency: one job every 20 ms, from the call that enqueues to the job's code, in one process.",
    "Old snapshot: another session stands in a repeatable read transaction of the same database while the jobs are \
     written and drained.",
];

/// What is compared, and how thoroughly.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Jobs that wait when a drain begins; the other tasks take a share of it.
    #[arg(long, value_name = "NUMBER", default_value_t = 20_000)]
    jobs: usize,
    /// How often everything is made.
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    passes: usize,
    /// Compare with these peers only.
    #[arg(long, value_enum, value_name = "PEER")]
    with: Vec<Peer>,
    /// Measure our engine without any peer.
    #[arg(long, conflicts_with = "with")]
    alone: bool,
    /// Make these tasks only.
    #[arg(long, value_enum, value_name = "TASK")]
    task: Vec<Kind>,
    /// PostgreSQL to use instead of a private one: of a superuser, durable, on this machine. Databases that are made there go
    /// again, roles stay.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Where the programs of the peers that are crates are.
    #[arg(long, value_name = "FOLDER", default_value = PROGRAMS)]
    programs: PathBuf,
    /// Write every pass to this file as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Compares, and prints medians.
///
/// # Errors
/// A peer is not built, fails or does not answer; the server refuses.
pub(crate) async fn compare(options: &Options) -> Result<()> {
    let server = Server::start(options.server.clone()).await?;
    let compared = tokio::select! {
        compared = on(options, &server) => compared,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    server.end().await?;
    compared
}

async fn on(options: &Options, server: &Server) -> Result<()> {
    let machine = Machine::calibrate(server.folder())?;
    println!("{}", machine.line());
    let trees = [std::process::id(), server.postmaster()];
    let (others, begun) = (cpu::of_others(&trees)?, Instant::now());
    let contenders = contenders(options, server).await?;
    let mut record = Record::default();
    let asked = |task: &Task| options.task.is_empty() || options.task.contains(&task.kind);
    for pass in 1..=options.passes {
        for task in Task::all(options.jobs).into_iter().filter(asked) {
            for contender in &contenders {
                let name = contender.0.label();
                let measured = one(options, server, contender, task, &mut record).await;
                let measured = measured.with_context(|| format!("{task:?} of {name}"))?;
                let line = Measured::line(measured.as_ref());
                eprintln!("pass {pass}, {:?}: {name} {line}", task.kind);
                record.keep(task.kind, contender.0, measured);
            }
        }
    }
    let whos: Vec<Who> = contenders.iter().map(|(who, _)| *who).collect();
    let seconds = begun.elapsed().as_secs_f64();
    let others = cpu::of_others(&trees)? - others;
    let section = Section {
        title: "Jobs beside their peers",
        notes: NOTES.map(str::to_owned).into(),
        figures: record.bars(),
        noise: Noise { others_percent: others / 10.0 / seconds / machine::cores() as f64, seconds },
    };
    println!("\n{}\n{section}", table::of(&record, &whos));
    if let Some(file) = &options.json {
        let whole =
            json!({"machine": machine.json(), "bars": section.json(), "tasks": record.json()});
        std::fs::write(file, serde_json::to_string_pretty(&whole)?)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// Who takes part, each with a database to copy.
async fn contenders(options: &Options, server: &Server) -> Result<Vec<(Who, Place)>> {
    let with = match (options.alone, options.with.as_slice()) {
        (true, _) => &[],
        (false, []) => Peer::value_variants(),
        (false, some) => some,
    };
    let mut contenders = Vec::new();
    for who in [Who::Ours].into_iter().chain(with.iter().copied().map(Who::Peer)) {
        let template = server.template(who.word()).await?;
        match who {
            Who::Ours => pg::migrate(&crate::ground::access(template.url.clone())).await?,
            Who::Peer(peer) => peer.setup(&options.programs, &template.url).await?,
        }
        contenders.push((who, template));
    }
    Ok(contenders)
}

/// One task of one contender in a database of its own; `None` where it has no such notion.
async fn one(
    options: &Options,
    server: &Server,
    (who, template): &(Who, Place),
    task: Task,
    record: &mut Record,
) -> Result<Option<Measured>> {
    let database = server.copy(template).await?;
    let snapshot = if task.is_held() { Some(database.hold_snapshot().await?) } else { None };
    let measured = match who {
        Who::Ours => {
            let raw = |rate| record.keep_raw(task.kind, rate);
            ours(server, &database, task, raw).await.map(Some)
        }
        Who::Peer(peer) => peer.make(&options.programs, server, &database.url, task).await,
    };
    drop(snapshot);
    database.remove().await?;
    measured
}

async fn ours(
    server: &Server,
    database: &Place,
    task: Task,
    mut raw: impl FnMut(f64),
) -> Result<Measured> {
    let ours = Ours::open(&database.url).await?;
    if task.is_drain() {
        ours.fill(task.count).await?;
    }
    if task.is_enqueue() {
        raw(raw::rate(&database.url, task.count, task.at_once).await?);
    }
    server.checkpoint().await?;
    let used = || anyhow::Ok((cpu::of_self()?, cpu::of_tree(server.postmaster())?));
    let before = used()?;
    let answer = ours.make(task).await?;
    let after = used()?;
    if task.is_enqueue() {
        raw(raw::rate(&database.url, task.count, task.at_once).await?);
    }
    ours.close().await;
    Measured::new(&answer, after.0 - before.0, after.1 - before.1)
}
