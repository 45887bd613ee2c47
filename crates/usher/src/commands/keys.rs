//! `usher keys …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::listing;
use crate::{
    api::Api,
    cli::{Output, Target},
    platform,
};

/// The columns of a list of signing keys.
const COLUMNS: [&str; 5] = ["keyId", "algorithm", "state", "createdAt", "signsFrom"];

/// The keys by which services prove themselves to each other, and those that sign tokens.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Create a key pair for every part in a folder; existing ones are kept.
    Create(Create),
    /// List the keys that sign access tokens, and what each is for.
    List(List),
    /// Make the next key that signs access tokens: published at once, it signs ten minutes later, and former keys verify
    /// until their last token has died.
    Rotate(Rotate),
}

/// Create a key pair for every part in a folder.
#[derive(Debug, Args)]
pub struct Create {
    /// The folder. Give each part its own `.key` and all `.pub` files.
    #[arg(long, env = "USHER_KEYS_DIR", value_name = "DIR")]
    pub keys_dir: PathBuf,
}

/// List the keys that sign access tokens.
#[derive(Debug, Args)]
pub struct List {
    /// The platform.
    #[command(flatten)]
    pub target: Target,
    /// How results are printed.
    #[command(flatten)]
    pub output: Output,
}

/// Make the next key that signs access tokens.
#[derive(Debug, Args)]
pub struct Rotate {
    /// Somebody else may have a key: the fresh one signs at once, and nothing holds that a former one signed.
    #[arg(long, env = "USHER_COMPROMISED")]
    pub compromised: bool,
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
/// The folder cannot be written, or the platform refuses.
pub async fn keys(command: Keys) -> anyhow::Result<u8> {
    match command {
        Keys::Create(args) => {
            platform::Keys::write(&args.keys_dir)?;
            eprintln!("Keys stand in {}.", args.keys_dir.display());
        }
        Keys::List(args) => {
            let listed: Value = Api::of(&args.target)?.get(None, "/v1/signing-keys").await?;
            let keys = listed["keys"].as_array().cloned().unwrap_or_default();
            listing::print(args.output, &keys, &COLUMNS)?;
        }
        Keys::Rotate(args) => {
            let wish = json!({"compromised": args.compromised});
            let api = Api::of(&args.target)?;
            let key: Value = api.post(None, "/v1/signing-keys/rotate", &wish).await?;
            listing::print(args.output, &[key], &COLUMNS)?;
        }
    }
    Ok(0)
}
