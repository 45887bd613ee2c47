//! Every setting of a platform process, part by part.

use std::path::PathBuf;

use clap::Args;

use super::KeyConfig;

/// Every setting of a platform process.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// What every process needs.
    #[command(flatten)]
    pub boot: boot::Config,
    /// The keys beside the master key.
    #[command(flatten)]
    pub keys: KeyConfig,
    /// Of calls to the outside.
    #[command(flatten)]
    pub outbound: outbound::Config,
    /// The gateway's.
    #[command(flatten)]
    pub gateway: gateway::Config,
    /// The auth service's.
    #[command(flatten)]
    pub auth: auth::Config,
    /// The tenant service's.
    #[command(flatten)]
    pub tenant: tenant::Config,
    /// The user service's.
    #[command(flatten)]
    pub user: user::Config,
    /// The provisioning service's.
    #[command(flatten)]
    pub provisioning: provisioning::Config,
    /// The notifier's.
    #[command(flatten)]
    pub notifier: notifier::Config,
    /// Where the parts outside this process answer gRPC: `tenant=http://tenant:9090,auth=http://auth:9090`.
    #[arg(long, env = "USHER_PEERS", value_name = "NAME=URL,…", value_delimiter = ',', value_parser = peer)]
    pub peers: Vec<(String, String)>,
    /// Folder of the keys by which parts prove themselves (`usher keys create`); fresh keys unless given, which is
    /// enough when all parts run in one process.
    #[arg(long, env = "USHER_KEYS_DIR", value_name = "DIR")]
    pub keys_dir: Option<PathBuf>,
    /// Most PostgreSQL connections of one service.
    #[arg(long, env = "USHER_DATABASE_CONNECTIONS", value_name = "COUNT", default_value_t = 8)]
    pub database_connections: u32,
    /// Seconds that the lease of a job holds: so much later another process takes up the work of a killed one.
    #[arg(long, env = "USHER_JOB_LEASE_SECONDS", value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u32).range(3..=600))]
    pub job_lease_seconds: u32,
    /// Name of the JetStream stream; facts travel under the same word in lower case.
    #[arg(long, env = "USHER_STREAM", value_name = "NAME", default_value = "USHER")]
    pub stream: String,
}

fn peer(text: &str) -> Result<(String, String), String> {
    let (name, url) =
        text.split_once('=').ok_or("must be NAME=URL, such as tenant=http://tenant:9090")?;
    Ok((name.trim().to_owned(), url.trim().to_owned()))
}

/// Every key with its meaning and default, as a file to copy.
#[must_use]
pub fn sample() -> String {
    let text = boot::config::sample(&boot::config::keys::<Settings>());
    format!("{}\n", text.trim_end())
}
