//! `usher migrate`.

use clap::Args;

use crate::platform::{self, Settings};

/// Bring the database to this build's schema.
///
/// Safe to run while services run, and from several places at once.
#[derive(Debug, Args)]
pub struct Migrate {
    /// Every setting; only the database and the master key are used.
    #[command(flatten)]
    pub settings: Settings,
}

/// Migrates.
///
/// # Errors
/// The database is away, or a migration is refused; a refused migration leaves nothing behind.
pub async fn migrate(args: Migrate) -> anyhow::Result<u8> {
    pg::migrate(&platform::access(&args.settings)?).await?;
    eprintln!("The database is at this build's schema.");
    Ok(0)
}
