//! The settings of this service.

use std::time::Duration;

use clap::value_parser;

use crate::domain::Lifetimes;

/// What the service can be told.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct Config {
    /// Hours after which a session ends, used or not.
    #[arg(long, env = "USHER_SESSION_HOURS", value_name = "HOURS", default_value_t = 12,
          value_parser = value_parser!(u32).range(1..=720))]
    pub session_hours: u32,
    /// Minutes after which a session that nobody uses ends.
    #[arg(long, env = "USHER_SESSION_IDLE_MINUTES", value_name = "MINUTES", default_value_t = 120,
          value_parser = value_parser!(u32).range(2..=43_200))]
    pub session_idle_minutes: u32,
}

impl Config {
    /// How long sessions live.
    #[must_use]
    pub fn lifetimes(&self) -> Lifetimes {
        Lifetimes {
            absolute: Duration::from_secs(u64::from(self.session_hours) * 3_600),
            idle: Duration::from_secs(u64::from(self.session_idle_minutes) * 60),
        }
    }
}
