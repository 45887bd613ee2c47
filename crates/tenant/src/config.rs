//! What this service is told from outside.

use std::net::SocketAddr;

use hickory_resolver::net::NetError;

use crate::Dns;

/// The tenant service's options. Each field is a flag and an environment variable.
#[derive(Clone, Debug, Default, clap::Args)]
#[group(skip)]
pub struct Config {
    /// Name servers that are asked for the proofs of tenants' own hosts, as `address:port` separated by commas; those
    /// of the machine unless given.
    #[arg(long, env = "USHER_DNS_SERVERS", value_name = "ADDRESSES", value_delimiter = ',')]
    pub dns_servers: Vec<SocketAddr>,
}

impl Config {
    /// The way to DNS.
    ///
    /// # Errors
    /// The machine's own name servers cannot be read.
    pub fn dns(&self) -> Result<Dns, NetError> {
        Dns::new(&self.dns_servers)
    }
}
