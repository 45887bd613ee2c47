//! `usher user …`.

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::listing;
use crate::{
    api::Api,
    cli::{Output, Target},
};

/// People.
#[derive(Debug, Subcommand)]
pub enum Users {
    /// Create a person with a role of the platform, or of a tenant with --tenant.
    Create(Create),
    /// List the members of a tenant.
    List(List),
}

/// Create a person.
#[derive(Debug, Args)]
pub struct Create {
    /// E-mail to sign in with.
    pub email: String,
    /// The person's name.
    #[arg(long, env = "USHER_NAME")]
    pub name: String,
    /// The role: `operator` or `super_admin` on the platform, else a tenant's.
    #[arg(long, env = "USHER_ROLE")]
    pub role: String,
    /// The tenant's slug; without it the role is the platform's.
    #[arg(long, env = "USHER_TENANT")]
    pub tenant: Option<String>,
    /// The password; read from the first line of standard input unless given here.
    #[arg(long, env = "USHER_PASSWORD", hide_env_values = true)]
    pub password: Option<boot::SecretArg>,
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// List the members of a tenant.
#[derive(Debug, Args)]
pub struct List {
    /// The tenant's slug.
    #[arg(long, env = "USHER_TENANT")]
    pub tenant: String,
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
pub async fn users(command: Users) -> anyhow::Result<u8> {
    match command {
        Users::Create(args) => {
            let password = match &args.password {
                Some(given) => given.expose().to_owned(),
                None => typed_password()?,
            };
            let body = json!({"email": args.email, "name": args.name, "role": args.role, "password": password});
            let api = Api::of(&args.target)?;
            let user: Value = api.post(args.tenant.as_deref(), "/v1/users", &body).await?;
            listing::print(args.output, &[user], &["userId", "email", "name", "status"])?;
        }
        Users::List(args) => {
            let rows =
                Api::of(&args.target)?.list(Some(&args.tenant), "/v1/members", "members").await?;
            listing::print(
                args.output,
                &rows,
                &["userId", "email", "name", "status", "roles", "joinedAt"],
            )?;
        }
    }
    Ok(0)
}

fn typed_password() -> anyhow::Result<String> {
    eprintln!("Password (15 to 1,024 characters), then Enter:");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("no password on standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
