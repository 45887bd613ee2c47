//! `usher jobs …`.

use clap::{Args, Subcommand};

use super::listing;
use crate::{
    api::Api,
    cli::{Output, Target},
};

/// Durable jobs.
#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// List the provisioning jobs of a tenant.
    List(List),
}

/// List the provisioning jobs of a tenant.
#[derive(Debug, Args)]
pub struct List {
    /// The tenant's slug.
    #[arg(long, env = "USHER_TENANT")]
    pub tenant: String,
    /// Only jobs in this state: queued, running, waiting, done, failed, stuck or cancelled.
    #[arg(long, env = "USHER_STATE", default_value = "")]
    pub state: String,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Runs the command.
///
/// # Errors
/// The platform refuses or does not answer.
pub async fn jobs(command: Jobs) -> anyhow::Result<u8> {
    let Jobs::List(args) = command;
    let path = format!("/v1/jobs?state={}", args.state);
    let rows = Api::of(&args.target)?.list(Some(&args.tenant), &path, "jobs").await?;
    listing::print(args.output, &rows, &["jobId", "workflow", "state", "createdAt", "endedAt"])?;
    Ok(0)
}
