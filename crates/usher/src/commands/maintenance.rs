//! `usher maintenance …`: the switch that all gateways look at. Straight at NATS and the database, so that it works while
//! services do not.

use anyhow::Context;
use bus::Nats;
use clap::{Args, Subcommand};
use gateway::{Notice, Switch};
use kernel::{Clock, Cx, TenantId};
use pg::Db;
use serde_json::json;

use crate::{
    out,
    platform::{self, Settings},
};

/// Most characters of a reason, which stands in an index of the audit.
const LONGEST: usize = 500;

/// Maintenance: while it lasts, nobody is served but operators.
#[derive(Debug, Subcommand)]
pub enum Maintenance {
    /// Show whether it is on, as JSON.
    Show(Where),
    /// Turn it on; gateways follow within a second or two.
    On(On),
    /// Turn it off.
    Off(Off),
}

/// The platform.
#[derive(Debug, Args)]
pub struct Where {
    /// Every setting; only the database, NATS and the stream's name are used.
    #[command(flatten)]
    pub settings: Settings,
}

/// How the turn is noted among the platform's audit rows.
#[derive(Debug, Args)]
pub struct Record {
    /// Who turns it, in up to 64 letters, digits and `-_.@`; the machine's operator unless told.
    #[arg(long, env = "USHER_BY", value_parser = name)]
    pub by: Option<String>,
    /// Turn it also where the turn cannot be noted, since the database is away.
    #[arg(long, env = "USHER_UNRECORDED")]
    pub unrecorded: bool,
}

fn name(text: &str) -> Result<String, &'static str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.@".contains(&b);
    if (1..=64).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    Err("give up to 64 letters, digits and -_.@")
}

fn reason(text: &str) -> Result<String, &'static str> {
    if text.chars().count() <= LONGEST && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err("give up to 500 characters, without line breaks")
}

/// Turn it on.
#[derive(Debug, Args)]
pub struct On {
    /// Why, in words for callers.
    #[arg(long, env = "USHER_REASON", default_value = "", value_parser = reason)]
    pub reason: String,
    /// Seconds after which callers are asked to come back.
    #[arg(long, env = "USHER_RETRY_AFTER_SECONDS", default_value_t = 60)]
    pub retry_after_seconds: u32,
    /// How it is noted.
    #[command(flatten)]
    pub record: Record,
    /// The platform.
    #[command(flatten)]
    pub place: Where,
}

/// Turn it off.
#[derive(Debug, Args)]
pub struct Off {
    /// Why, for colleagues.
    #[arg(long, env = "USHER_REASON", default_value = "", value_parser = reason)]
    pub reason: String,
    /// How it is noted.
    #[command(flatten)]
    pub record: Record,
    /// The platform.
    #[command(flatten)]
    pub place: Where,
}

/// Runs the command.
///
/// # Errors
/// NATS is away; the database is, and the turn must be noted.
pub async fn maintenance(command: Maintenance) -> anyhow::Result<u8> {
    match command {
        Maintenance::Show(place) => {
            let notice = switch(&place).await?.read().await?;
            out::line(json!({"maintenance": notice}))?;
        }
        Maintenance::On(on) => {
            // Noted first: a turn that is noted and fails is better than one that nobody can explain.
            record(&on.place, &on.record, "maintenance.on", &on.reason).await?;
            let notice = Notice { reason: on.reason, retry_after_seconds: on.retry_after_seconds };
            switch(&on.place).await?.turn_on(&notice).await?;
            eprintln!("Maintenance is on: only operators are served.");
        }
        Maintenance::Off(off) => {
            record(&off.place, &off.record, "maintenance.off", &off.reason).await?;
            switch(&off.place).await?.turn_off().await?;
            eprintln!("Maintenance is off.");
        }
    }
    Ok(0)
}

async fn switch(place: &Where) -> anyhow::Result<Switch> {
    let nats: Nats = platform::nats(&place.settings).await?;
    Ok(Switch::of(&nats))
}

/// Notes who turns it and why, with what the platform's staff does to tenants.
async fn record(place: &Where, record: &Record, action: &str, reason: &str) -> anyhow::Result<()> {
    match audit(place, record.by.as_deref(), action, reason).await {
        Err(problem) if record.unrecorded => {
            eprintln!("Nobody notes this: {problem:#}.");
            Ok(())
        }
        noted => noted.context("it cannot be noted; --unrecorded turns it all the same"),
    }
}

async fn audit(place: &Where, by: Option<&str>, action: &str, reason: &str) -> anyhow::Result<()> {
    let db = Db::connect(&platform::access(&place.settings)?, tenant::NAME)?;
    let name = by.map_or_else(|| "usher".to_owned(), |by| format!("usher/{by}"));
    let cx = Cx::of_service(&name, None, &Clock::system());
    let target = match reason {
        "" => "platform".to_owned(),
        reason => format!("platform {reason}"),
    };
    let mut tx = db.tenant(TenantId::PLATFORM, "audit_maintenance").await?;
    bus::audit(&mut tx, &cx, action, &target).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_short_and_plain() {
        for good in ["", "we move house", &"ж".repeat(LONGEST)] {
            assert_eq!(reason(good).as_deref(), Ok(good));
        }
        for bad in ["one\ntwo", "\u{7}", "\u{1b}[2J", &"x".repeat(LONGEST + 1)] {
            assert!(reason(bad).is_err(), "{bad:?}");
        }
    }
}
