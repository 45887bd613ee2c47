//! `usher setup`: straight at the database, for nobody can sign in yet.

use clap::Args;
use kernel::Clock;
use pg::Db;
use secrecy::ExposeSecret;

use crate::{
    out,
    platform::{self, Settings},
};

/// Print the link by which the platform's first administrator comes in.
///
/// It works once and for a day; a newer one takes its place. Refused once somebody administers the platform.
#[derive(Debug, Args)]
pub struct Setup {
    /// Every setting; only the database, the master key and the public address are used.
    #[command(flatten)]
    pub settings: Settings,
}

/// Makes the link and prints it.
///
/// # Errors
/// The database is away or not migrated, a key is missing, or somebody administers the platform.
pub async fn setup(args: Setup) -> anyhow::Result<u8> {
    let settings = args.settings;
    let db = Db::connect(&platform::access(&settings)?, user::NAME)?;
    let public_url = match settings.user.public_url {
        Some(url) => url,
        None => format!("http://{}", settings.boot.listen).parse()?,
    };
    let link = user::make_setup(&db, &Clock::system(), &public_url).await?;
    out::line(link.url.expose_secret())?;
    let until = link.expires_at.jiff().strftime("%Y-%m-%d %H:%M UTC");
    eprintln!("It makes one administrator, until {until}; whoever opens it first is it.");
    Ok(0)
}
