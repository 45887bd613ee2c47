//! `usher keys …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::platform;

/// The keys by which services prove themselves to each other.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Create a key pair for every part in a folder; existing ones are kept.
    Create(Create),
}

/// Create a key pair for every part in a folder.
#[derive(Debug, Args)]
pub struct Create {
    /// The folder. Give each part its own `.key` and all `.pub` files.
    #[arg(long, env = "USHER_KEYS_DIR", value_name = "DIR")]
    pub keys_dir: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// The folder cannot be written.
pub fn keys(command: Keys) -> anyhow::Result<u8> {
    let Keys::Create(args) = command;
    platform::Keys::write(&args.keys_dir)?;
    eprintln!("Keys stand in {}.", args.keys_dir.display());
    Ok(0)
}
