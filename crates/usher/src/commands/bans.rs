//! `usher bans …`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::listing;
use crate::{
    api::Api,
    cli::{Output, Target},
};

/// The block list of sources.
#[derive(Debug, Subcommand)]
pub enum Bans {
    /// Show every ban that holds, those made by the platform itself among them.
    List(Plain),
    /// Ban an address, a network or a domain of e-mail addresses.
    Add(Add),
    /// Lift a ban.
    Remove(Remove),
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

/// Ban a source.
#[derive(Debug, Args)]
pub struct Add {
    /// Such as 192.0.2.7, 192.0.2.0/24, 2001:db8::/32 or spam.example.
    #[arg(env = "USHER_SOURCE")]
    pub source: String,
    /// Why, for colleagues.
    #[arg(long, env = "USHER_REASON")]
    pub reason: String,
    /// Hours until it ends by itself; it holds until it is lifted unless given.
    #[arg(long, env = "USHER_HOURS", value_parser = clap::value_parser!(u32).range(1..=8_784))]
    pub hours: Option<u32>,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Lift a ban.
#[derive(Debug, Args)]
pub struct Remove {
    /// The ban's id, as the list shows it.
    #[arg(env = "USHER_BAN")]
    pub ban: String,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
}

const COLUMNS: [&str; 6] = ["banId", "source", "automatic", "reason", "createdAt", "expiresAt"];
const PATH: &str = "/v1/platform/bans";

/// Runs the command.
///
/// # Errors
/// The platform refuses or does not answer.
pub async fn bans(command: Bans) -> anyhow::Result<u8> {
    match command {
        Bans::List(args) => {
            let rows = Api::of(&args.target)?.list(None, PATH, "bans").await?;
            listing::print(args.output, &rows, &COLUMNS)?;
        }
        Bans::Add(args) => {
            let seconds = args.hours.map_or(0, |hours| u64::from(hours) * 3_600);
            let body = json!({"source": args.source, "reason": args.reason, "ttlSeconds": seconds});
            let ban: Value = Api::of(&args.target)?.post(None, PATH, &body).await?;
            listing::print(args.output, &[ban], &COLUMNS)?;
        }
        Bans::Remove(args) => {
            Api::of(&args.target)?.delete(None, &format!("{PATH}/{}", args.ban)).await?;
        }
    }
    Ok(0)
}
