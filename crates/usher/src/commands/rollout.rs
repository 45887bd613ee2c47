//! `usher rollout …`.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::listing;
use crate::{
    api::Api,
    cli::{Output, Target},
    out,
};

/// The rollout.
#[derive(Debug, Subcommand)]
pub enum Rollout {
    /// Show the stage, what its clients have proven, and what stands in the way of the next stage.
    Status(Plain),
    /// Open invitations to the next stage; refused with every reason while the gate is shut.
    Promote(Promote),
    /// Go back to an earlier stage; the first one begins a rollout.
    Demote(Demote),
    /// Stop invitations at once, of one tenant or of all. Whoever is invited already goes on.
    Halt(Halt),
    /// Let invitations go out again.
    Resume(Resume),
    /// Say which cohort a tenant's next clients belong to.
    Place(Place),
    /// What went wrong; an open critical incident keeps the rollout where it is.
    #[command(subcommand)]
    Incident(Incident),
}

/// Nothing but the platform.
#[derive(Debug, Args)]
pub struct Plain {
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Open invitations to the next stage.
#[derive(Debug, Args)]
pub struct Promote {
    /// The stage that is left; a repeat with the same one makes no second step.
    #[arg(long, env = "USHER_FROM")]
    pub from: Stage,
    /// Go on against the gate, for this reason; only a super admin may.
    #[arg(long = "override", env = "USHER_OVERRIDE", value_name = "REASON")]
    pub reason: Option<String>,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Go back to an earlier stage.
#[derive(Debug, Args)]
pub struct Demote {
    /// The stage to go back to.
    #[arg(long, env = "USHER_TO")]
    pub to: Stage,
    /// Why.
    #[arg(long, env = "USHER_REASON")]
    pub reason: String,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Stop invitations.
#[derive(Debug, Args)]
pub struct Halt {
    /// Why.
    #[arg(long, env = "USHER_REASON")]
    pub reason: String,
    /// Only this tenant's, by slug or id; the whole platform's unless given.
    #[arg(long, env = "USHER_TENANT")]
    pub tenant: Option<String>,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Let invitations go out again.
#[derive(Debug, Args)]
pub struct Resume {
    /// Only this tenant's, by slug or id; the whole platform's unless given.
    #[arg(long, env = "USHER_TENANT")]
    pub tenant: Option<String>,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Place a tenant.
#[derive(Debug, Args)]
pub struct Place {
    /// The tenant's slug or id.
    #[arg(long, env = "USHER_TENANT")]
    pub tenant: String,
    /// The cohort of its next clients; a lot decides for each, one in five limited, unless given.
    #[arg(long, env = "USHER_COHORT")]
    pub cohort: Option<Stage>,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Incidents.
#[derive(Debug, Subcommand)]
pub enum Incident {
    /// Open an incident.
    Open(Open),
    /// Close an incident.
    Close(Close),
    /// List the incidents that are open.
    List(Plain),
}

/// Open an incident.
#[derive(Debug, Args)]
pub struct Open {
    /// What happened.
    pub title: String,
    /// How bad it is.
    #[arg(long, env = "USHER_SEVERITY")]
    pub severity: Severity,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Close an incident.
#[derive(Debug, Args)]
pub struct Close {
    /// Its id.
    pub incident: uuid::Uuid,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Stages and cohorts of the rollout, by name.
#[derive(Clone, Copy, Debug, ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Our own people.
    Internal,
    /// A few clients who know that they are the first.
    Pilot,
    /// One in five of all others.
    Limited,
    /// Everybody.
    All,
}

/// How bad an incident is.
#[derive(Clone, Copy, Debug, ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Somebody was annoyed.
    Minor,
    /// Something did not work.
    Major,
    /// Data or access was at risk.
    Critical,
}

const INCIDENT: [&str; 5] = ["incidentId", "severity", "title", "openedAt", "closedAt"];

/// Runs the command.
///
/// # Errors
/// The platform refuses or does not answer.
pub async fn rollout(command: Rollout) -> anyhow::Result<u8> {
    match command {
        Rollout::Status(args) => {
            let shown: Value = Api::of(&args.target)?.get(None, "/v1/platform/rollout").await?;
            print_rollout(args.output, shown)?;
        }
        Rollout::Promote(args) => {
            let (verb, body) = match args.reason {
                None => ("promote", json!({"from": args.from})),
                Some(reason) => ("override", json!({"from": args.from, "reason": reason})),
            };
            turn(&args.target, args.output, verb, &body).await?;
        }
        Rollout::Demote(args) => {
            let body = json!({"to": args.to, "reason": args.reason});
            turn(&args.target, args.output, "demote", &body).await?;
        }
        Rollout::Halt(args) => {
            let body = json!({"reason": args.reason});
            match &args.tenant {
                None => turn(&args.target, args.output, "halt", &body).await?,
                Some(tenant) => place(&args.target, args.output, tenant, "halt", &body).await?,
            }
        }
        Rollout::Resume(args) => match &args.tenant {
            None => turn(&args.target, args.output, "resume", &json!({})).await?,
            Some(tenant) => place(&args.target, args.output, tenant, "resume", &json!({})).await?,
        },
        Rollout::Place(args) => {
            let body = json!({"cohort": args.cohort});
            place(&args.target, args.output, &args.tenant, "place", &body).await?;
        }
        Rollout::Incident(command) => incident(command).await?,
    }
    Ok(0)
}

async fn turn(target: &Target, output: Output, verb: &str, body: &Value) -> anyhow::Result<()> {
    let path = format!("/v1/platform/rollout/{verb}");
    print_rollout(output, Api::of(target)?.post(None, &path, body).await?)
}

async fn place(
    target: &Target,
    output: Output,
    tenant: &str,
    verb: &str,
    body: &Value,
) -> anyhow::Result<()> {
    let path = format!("/v1/onboarding/rollout/{verb}");
    let placed: Value = Api::of(target)?.post(Some(tenant), &path, body).await?;
    listing::print(output, &[placed], &["stage", "cohort", "haltedAt", "haltReason"])
}

async fn incident(command: Incident) -> anyhow::Result<()> {
    match command {
        Incident::Open(args) => {
            let body = json!({"severity": args.severity, "title": args.title});
            let opened = Api::of(&args.target)?.post(None, "/v1/platform/incidents", &body).await?;
            listing::print(args.output, &[opened], &INCIDENT)
        }
        Incident::Close(args) => {
            let path = format!("/v1/platform/incidents/{}/close", args.incident);
            let closed = Api::of(&args.target)?.post(None, &path, &json!({})).await?;
            listing::print(args.output, &[closed], &INCIDENT)
        }
        Incident::List(args) => {
            let api = Api::of(&args.target)?;
            let rows = api.list(None, "/v1/platform/incidents?open=true", "incidents").await?;
            listing::print(args.output, &rows, &INCIDENT)
        }
    }
}

/// The rollout, and below it for people everything that stands in the way.
fn print_rollout(output: Output, shown: Value) -> anyhow::Result<()> {
    let obstacles = shown["gate"]["obstacles"].as_array().cloned().unwrap_or_default();
    listing::print(
        output,
        &[shown],
        &["stage", "enteredAt", "enteredBy", "haltedAt", "haltReason"],
    )?;
    if !output.json {
        for obstacle in &obstacles {
            out::line(obstacle["message"].as_str().unwrap_or_default())?;
        }
    }
    Ok(())
}
