//! `usher maintenance …`: the switch that all gateways look at. Straight at NATS, so that it works while services do not.

use bus::Nats;
use clap::{Args, Subcommand};
use gateway::{Notice, Switch};
use serde_json::json;

use crate::{
    out,
    platform::{self, Settings},
};

/// Maintenance: while it lasts, nobody is served but operators.
#[derive(Debug, Subcommand)]
pub enum Maintenance {
    /// Show whether it is on, as JSON.
    Show(Where),
    /// Turn it on; gateways follow within a second or two.
    On(On),
    /// Turn it off.
    Off(Where),
}

/// The platform.
#[derive(Debug, Args)]
pub struct Where {
    /// Every setting; only NATS and the stream's name are used.
    #[command(flatten)]
    pub settings: Settings,
}

/// Turn it on.
#[derive(Debug, Args)]
pub struct On {
    /// Why, in words for callers.
    #[arg(long, env = "USHER_REASON", default_value = "")]
    pub reason: String,
    /// Seconds after which callers are asked to come back.
    #[arg(long, env = "USHER_RETRY_AFTER_SECONDS", default_value_t = 60)]
    pub retry_after_seconds: u32,
    /// The platform.
    #[command(flatten)]
    pub place: Where,
}

/// Runs the command.
///
/// # Errors
/// NATS is away.
pub async fn maintenance(command: Maintenance) -> anyhow::Result<u8> {
    match command {
        Maintenance::Show(place) => {
            let notice = switch(&place).await?.read().await?;
            out::line(json!({"maintenance": notice}))?;
        }
        Maintenance::On(on) => {
            let notice = Notice { reason: on.reason, retry_after_seconds: on.retry_after_seconds };
            switch(&on.place).await?.turn_on(&notice).await?;
            eprintln!("Maintenance is on: only operators are served.");
        }
        Maintenance::Off(place) => {
            switch(&place).await?.turn_off().await?;
            eprintln!("Maintenance is off.");
        }
    }
    Ok(0)
}

async fn switch(place: &Where) -> anyhow::Result<Switch> {
    let nats: Nats = platform::nats(&place.settings).await?;
    Ok(Switch::of(&nats))
}
