//! `usher tenant …`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::listing;
use crate::{
    api::Api,
    cli::{Output, Target},
};

/// Tenants.
#[derive(Debug, Subcommand)]
pub enum Tenants {
    /// Create a tenant.
    Create(Create),
    /// List tenants.
    List(List),
}

/// Create a tenant.
#[derive(Debug, Args)]
pub struct Create {
    /// Its name as people read it.
    pub name: String,
    /// Its DNS-safe name; derived from the name unless given.
    #[arg(long, env = "USHER_SLUG")]
    pub slug: Option<String>,
    /// Language of letters: en or ru.
    #[arg(long, env = "USHER_LOCALE", default_value = "en")]
    pub locale: String,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// List tenants.
#[derive(Debug, Args)]
pub struct List {
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

const COLUMNS: [&str; 5] = ["tenantId", "slug", "name", "status", "createdAt"];

/// Runs the command.
///
/// # Errors
/// The platform refuses or does not answer.
pub async fn tenants(command: Tenants) -> anyhow::Result<u8> {
    match command {
        Tenants::Create(args) => {
            let body = json!({"name": args.name, "slug": args.slug, "locale": args.locale});
            let tenant: Value = Api::of(&args.target)?.post(None, "/v1/tenants", &body).await?;
            listing::print(args.output, &[tenant], &COLUMNS)?;
        }
        Tenants::List(args) => {
            let rows = Api::of(&args.target)?.list(None, "/v1/tenants", "tenants").await?;
            listing::print(args.output, &rows, &COLUMNS)?;
        }
    }
    Ok(0)
}
