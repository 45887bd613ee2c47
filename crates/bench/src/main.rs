//! The measurements: what the platform costs on real servers, as medians, with the noise of the machine beside them.

mod access;
mod child;
mod cpu;
mod door;
mod engine;
mod gateway;
mod ground;
mod invites;
mod load;
mod machine;
mod noop;
mod onboarding;
mod pass;
mod peers;
mod place;
mod queue;
mod relay;
mod report;
mod requests;
mod scale;
mod soak;
mod start;
mod stats;
mod subscriber;

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};
use serde_json::json;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::timeout,
};

use ground::Ground;
use machine::Machine;
use report::{Figure, Noise, Section};

const BINARY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/release/usher");

/// Measure the platform on this machine; takes at most ten minutes.
///
/// Unless DATABASE_URL and NATS_URL name real servers, private ones are started, as durable as in production. Named ones
/// get a database and a stream, which are dropped again, and the services' roles, which stay.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// Measure this alone.
    #[arg(long, value_enum, value_name = "NAME")]
    only: Option<Name>,
    /// Finished runs in the history of jobs while they are measured; ten millions take some minutes to make.
    #[arg(long, value_name = "RUNS", default_value_t = 1_000_000)]
    finished: u64,
    /// Members of the tenant among which `people-scale` asks; a million takes some minutes to make.
    #[arg(long, value_name = "MEMBERS", default_value_t = 1_000_000)]
    members: u64,
    /// Tenants beside that one.
    #[arg(long, value_name = "TENANTS", default_value_t = 10_000)]
    tenants: u64,
    /// Write every pass to this file as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The program to measure.
    #[arg(long, value_name = "PATH", default_value = BINARY)]
    binary: PathBuf,
    /// PostgreSQL to use, of a superuser, on this machine.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// NATS server to use.
    #[arg(long, env = "NATS_URL", value_name = "URL", hide_env_values = true)]
    nats_url: Option<String>,
}

/// What is measured only when asked for.
#[derive(Debug, Subcommand)]
enum Command {
    /// Compare the job engine with what a user would pick instead; some ten minutes.
    Peers(peers::Options),
    /// Serve a bare handler; what the gateway is measured beside.
    #[command(hide = true)]
    Bare,
}

/// The measurements, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Name {
    /// CPU, rate and latency of a read, an invitation and an acceptance.
    Requests,
    /// What the gateway itself costs, beside a bare handler.
    Gateway,
    /// A question of access, from memory and by the rows.
    Access,
    /// Draining a full outbox.
    Relay,
    /// From commit to subscriber.
    Subscriber,
    /// Durable jobs as a queue.
    Jobs,
    /// Memory over 100,000 durable jobs.
    Soak,
    /// A list of 10,000 people to invite.
    Invites,
    /// Lists, searches, checks and invitations among many members and tenants, and among few; only when named.
    PeopleScale,
    /// Clients to active.
    Onboarding,
    /// Start, memory, size.
    Start,
}

impl Name {
    /// When no further pass is begun. One pass of each is always made, which the whole five minutes leave room for.
    const fn budget(self) -> Duration {
        Duration::from_secs(match self {
            Self::Requests => 80,
            Self::Gateway => 60,
            Self::Access => 30,
            Self::Relay => 35,
            Self::Subscriber => 20,
            Self::Jobs | Self::Soak => 80,
            Self::Invites => 60,
            Self::PeopleScale => 60,
            Self::Onboarding => 45,
            Self::Start => 30,
        })
    }

    /// Whether making what is measured takes longer than everything else: then it is measured only where it is named.
    const fn is_long(self) -> bool {
        matches!(self, Self::PeopleScale)
    }

    const fn about(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Requests => ("Requests", &requests::NOTES),
            Self::Gateway => ("Gateway", &gateway::NOTES),
            Self::Access => ("Access", &access::NOTES),
            Self::Relay => ("Relay", &relay::NOTES),
            Self::Subscriber => ("Commit to subscriber", &subscriber::NOTES),
            Self::Jobs => ("Jobs", &queue::NOTES),
            Self::Soak => ("Jobs by the hundred thousand", &soak::NOTES),
            Self::Invites => ("Many invitations", &invites::NOTES),
            Self::PeopleScale => ("People among many", &scale::NOTES),
            Self::Onboarding => ("Onboarding", &onboarding::NOTES),
            Self::Start => ("Start and rest", &start::NOTES),
        }
    }
}

/// The main thread is the one that starts processes, and they die with it.
#[tokio::main]
async fn main() -> ExitCode {
    match measure(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(options: Options) -> Result<()> {
    if let Some(Command::Peers(options)) = &options.command {
        return peers::compare(options).await;
    }
    if matches!(options.command, Some(Command::Bare)) {
        return gateway::bare().await;
    }
    let mut asked = signal(SignalKind::terminate())?;
    let urls = (options.database_url.clone(), options.nats_url.clone());
    let ground = Ground::start(options.binary.clone(), urls.0, urls.1).await?;
    let measured = tokio::select! {
        measured = all(&options, &ground) => measured,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
        _ = asked.recv() => Err(anyhow::anyhow!("asked to stop")),
    };
    ground.end().await?;
    measured
}

async fn all(options: &Options, ground: &Ground) -> Result<()> {
    println!("measuring {}", ground.binary().display());
    let machine = Machine::calibrate(ground.folder())?;
    println!("{}", machine.line());
    let mut sections = Vec::new();
    for name in Name::value_variants() {
        if options.only.map_or(!name.is_long(), |only| only == *name) {
            let section = one(*name, ground, options).await;
            let section = section.with_context(|| format!("measuring {name:?}"))?;
            println!("{section}");
            sections.push(section);
        }
    }
    if let Some(file) = &options.json {
        let sections: Vec<_> = sections.iter().map(Section::json).collect();
        let whole = json!({"machine": machine.json(), "sections": sections});
        std::fs::write(file, serde_json::to_string_pretty(&whole)?)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

async fn one(name: Name, ground: &Ground, options: &Options) -> Result<Section> {
    let ours = [std::process::id(), ground.postmaster()];
    let (others, begun) = (cpu::of_others(&ours)?, Instant::now());
    let deadline = tokio::time::Instant::now() + name.budget();
    let many = scale::Size { members: options.members, tenants: options.tenants };
    let making = match name {
        Name::Jobs => Duration::from_secs(options.finished / 10_000),
        Name::PeopleScale => many.making(),
        _ => Duration::ZERO,
    };
    let measuring = async {
        match name {
            Name::Requests => requests::measure(ground, deadline).await,
            Name::Gateway => gateway::measure(ground, deadline).await,
            Name::Access => access::measure(ground, deadline).await,
            Name::Relay => relay::measure(ground, deadline).await,
            Name::Subscriber => subscriber::measure(ground, deadline).await,
            Name::Jobs => queue::measure(ground, options.finished).await,
            Name::Soak => soak::measure(ground).await,
            Name::Invites => invites::measure(ground, deadline).await,
            Name::PeopleScale => scale::measure(ground, many, name.budget()).await,
            Name::Onboarding => onboarding::measure(ground, deadline).await,
            Name::Start => start::measure(ground).await,
        }
    };
    let figures: Vec<Figure> = timeout(2 * name.budget() + making, measuring)
        .await
        .context("it takes too long on this machine")??;
    let seconds = begun.elapsed().as_secs_f64();
    let others = cpu::of_others(&ours)? - others;
    let (title, notes) = name.about();
    Ok(Section {
        title,
        notes: notes.iter().map(|note| (*note).to_owned()).collect(),
        figures,
        noise: Noise { others_percent: others / 10.0 / seconds / machine::cores() as f64, seconds },
    })
}
