//! The verbs of the command line, one file each.

pub mod bans;
pub mod bounces;
pub mod clients;
pub mod dev;
pub mod events;
pub mod healthcheck;
pub mod invites;
pub mod jobs;
pub mod keys;
mod listing;
pub mod maintenance;
pub mod migrate;
pub mod onboard;
pub mod outbox;
pub mod rollout;
pub mod run;
pub mod setup;
pub mod tenant;
pub mod tenant_import;
pub mod user;
pub mod vault;
pub mod vault_reads;
mod watching;
