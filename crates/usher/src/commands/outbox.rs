//! `usher outbox …`: straight at the database, so that it works while the platform is down.

use clap::{Args, Subcommand};
use kernel::{FactId, TenantId, Timestamp};
use pg::Db;
use serde_json::json;
use uuid::Uuid;

use super::listing;
use crate::{
    cli::Output,
    out,
    platform::{self, Settings},
};

/// The outbox: what waits, what is parked, what to tell again.
#[derive(Debug, Subcommand)]
pub enum Outbox {
    /// Show, per service, how many facts wait, how old the oldest is, and which aggregates are parked.
    List(List),
    /// Try a parked aggregate again now.
    Retry(Retry),
    /// Tell facts again from the outbox into the stream; consumers recognise what they know.
    Replay(Replay),
    /// Show what the relay would publish next, and change nothing.
    DryRun(List),
}

/// Show the outboxes.
#[derive(Debug, Args)]
pub struct List {
    /// Every setting; only the database is used.
    #[command(flatten)]
    pub settings: Settings,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Try a parked aggregate again now.
#[derive(Debug, Args)]
pub struct Retry {
    /// The service whose outbox holds it.
    pub service: String,
    /// The tenant's id.
    pub tenant: TenantId,
    /// The aggregate's id.
    pub aggregate: Uuid,
    /// Every setting; only the database is used.
    #[command(flatten)]
    pub settings: Settings,
}

/// Tell facts again.
#[derive(Debug, Args)]
pub struct Replay {
    /// Only this service's outbox.
    #[arg(long, env = "USHER_SERVICE")]
    pub service: Option<String>,
    /// Only this tenant's facts, by id.
    #[arg(long, env = "USHER_TENANT_ID")]
    pub tenant: Option<TenantId>,
    /// Only these facts, by id.
    #[arg(long, env = "USHER_FACT", value_delimiter = ',')]
    pub fact: Vec<FactId>,
    /// Only kinds that match, such as `user.invite.*`.
    #[arg(long, env = "USHER_SUBJECT")]
    pub subject: Option<String>,
    /// Only facts told at or after this instant (RFC 3339).
    #[arg(long, env = "USHER_SINCE", value_parser = instant)]
    pub since: Option<Timestamp>,
    /// Only facts told before this instant (RFC 3339).
    #[arg(long, env = "USHER_UNTIL", value_parser = instant)]
    pub until: Option<Timestamp>,
    /// Every setting; only database, NATS and stream are used.
    #[command(flatten)]
    pub settings: Settings,
}

fn instant(text: &str) -> Result<Timestamp, jiff::Error> {
    text.parse::<jiff::Timestamp>().map(Timestamp::from)
}

/// Runs the command.
///
/// # Errors
/// The database or the bus is away, or nothing of that name exists.
pub async fn outbox(command: Outbox) -> anyhow::Result<u8> {
    match command {
        Outbox::List(args) => list(args).await?,
        Outbox::DryRun(args) => dry_run(args).await?,
        Outbox::Retry(args) => {
            let db = database(&args.settings, &args.service)?;
            bus::outbox::retry(&db, args.tenant, args.aggregate).await?;
            eprintln!("It is tried again now.");
        }
        Outbox::Replay(args) => replay(args).await?,
    }
    Ok(0)
}

/// The database of a service, by its name.
fn database(settings: &Settings, service: &str) -> anyhow::Result<Db> {
    let known = pg::services().find(|known| *known == service);
    let Some(known) = known else {
        let names = pg::services().collect::<Vec<_>>().join(", ");
        anyhow::bail!("there is no service `{service}`; the services are {names}");
    };
    Ok(Db::connect(&platform::access(settings)?, known)?)
}

async fn list(args: List) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for service in pg::services() {
        let standing = bus::outbox::list(&database(&args.settings, service)?).await?;
        let parked: Vec<_> = standing
            .parked
            .iter()
            .map(|it| json!({"tenant": it.tenant, "aggregate": it.aggregate, "kind": it.kind, "attempts": it.attempts, "error": it.error}))
            .collect();
        rows.push(json!({
            "service": service,
            "waiting": standing.behind,
            "lagSeconds": standing.lag.as_secs_f64(),
            "kept": standing.retained,
            "parked": parked,
        }));
    }
    listing::print(args.output, &rows, &["service", "waiting", "lagSeconds", "kept", "parked"])
}

async fn dry_run(args: List) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for service in pg::services() {
        for fact in bus::outbox::dry_run(&database(&args.settings, service)?, None, 1000).await? {
            rows.push(json!({
                "service": service,
                "fact": fact.fact,
                "kind": fact.kind,
                "tenant": fact.tenant,
                "aggregate": fact.aggregate,
                "toldAt": fact.told_at,
            }));
        }
    }
    listing::print(
        args.output,
        &rows,
        &["service", "fact", "kind", "tenant", "aggregate", "toldAt"],
    )
}

async fn replay(args: Replay) -> anyhow::Result<()> {
    let select = bus::outbox::Select {
        facts: args.fact,
        tenant: args.tenant,
        kinds: args.subject,
        since: args.since,
        until: args.until,
    };
    let nats = platform::nats(&args.settings).await?;
    let mut told = 0;
    for service in
        pg::services().filter(|name| args.service.as_deref().is_none_or(|only| only == *name))
    {
        told += bus::outbox::replay(&database(&args.settings, service)?, &nats, &select).await?;
    }
    out::line(format_args!("{told} facts told again"))?;
    Ok(())
}
