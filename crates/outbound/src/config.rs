//! The settings of outgoing calls, and the client they make.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use clap::Args;
use kernel::Clock;
use reqwest::dns::Resolve;

use crate::{Outbound, Trip, Trusted, names::System};

/// What the outside may be asked for, and how hard.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub struct Config {
    /// Hosts inside that connectors and webhooks may call all the same, as NAME or NAME:PORT; any other address that is
    /// not public is refused.
    #[arg(
        long,
        env = "USHER_OUTBOUND_TRUSTED_HOSTS",
        value_name = "HOST,…",
        value_delimiter = ',',
        value_parser = Trusted::parse
    )]
    pub outbound_trusted_hosts: Vec<Trusted>,

    /// Ports that public hosts are called on.
    #[arg(
        long,
        env = "USHER_OUTBOUND_PORTS",
        value_name = "PORT,…",
        value_delimiter = ',',
        default_values_t = [80, 443, 8443]
    )]
    pub outbound_ports: Vec<u16>,

    /// Milliseconds until a connection to a host outside must stand.
    #[arg(
        long,
        env = "USHER_OUTBOUND_CONNECT_TIMEOUT_MS",
        value_name = "MS",
        default_value_t = 2_000,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub outbound_connect_timeout_ms: u32,

    /// Most calls that this process makes to one host at a time.
    #[arg(
        long,
        env = "USHER_OUTBOUND_HOST_CONCURRENCY",
        value_name = "NUMBER",
        default_value_t = 64,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub outbound_host_concurrency: u32,
}

/// What one host is spared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection stands.
    pub connect: Duration,
    /// Most calls to one host at a time.
    pub concurrency: usize,
    /// When a failing host is left alone; never where there is none.
    pub trip: Option<Trip>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(2), concurrency: 64, trip: Some(Trip::default()) }
    }
}

/// The machine gives no TLS, for instance because it has no certificates to trust.
#[derive(Debug, thiserror::Error)]
#[error("outgoing calls need TLS, which could not be set up: {0}")]
pub struct BadSetup(#[source] pub(crate) reqwest::Error);

impl Config {
    /// The client that these settings describe.
    ///
    /// # Errors
    /// [`BadSetup`] where the machine gives no TLS.
    pub fn build(&self, clock: Clock) -> Result<Outbound, BadSetup> {
        let limits = Limits {
            connect: Duration::from_millis(self.outbound_connect_timeout_ms.into()),
            concurrency: self.outbound_host_concurrency as usize,
            ..Limits::default()
        };
        let ports: BTreeSet<u16> = self.outbound_ports.iter().copied().collect();
        let resolver: Arc<dyn Resolve> = Arc::new(System);
        Outbound::assemble(self.outbound_trusted_hosts.clone(), ports, limits, resolver, clock)
    }
}
