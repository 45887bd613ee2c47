//! The options that every process of Usher shares.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use clap::ValueEnum;
use secrecy::SecretString;

use super::{ConfigError, MasterKey, SecretArg, master_key};
use crate::listen::Files;

/// What every process needs to live. Each field is a flag and an environment variable.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct Config {
    /// How strict to be: `dev` works without any setting, `production` refuses missing or
    /// published keys.
    #[arg(long, env = "USHER_PROFILE", value_enum, default_value_t = Profile::Dev)]
    pub profile: Profile,

    /// Address of the public HTTP listener; port 0 takes a free one.
    #[arg(
        long,
        env = "USHER_LISTEN",
        value_name = "ADDRESS", value_parser = address,
        default_value = "127.0.0.1:8080"
    )]
    pub listen: SocketAddr,

    /// Address of the admin listener: metrics, health. Unless given: loopback, public port + 1000.
    #[arg(long, env = "USHER_ADMIN_LISTEN", value_name = "ADDRESS", value_parser = address)]
    pub admin_listen: Option<SocketAddr>,

    /// Address where services answer gRPC to other processes. Unless given, none do.
    #[arg(long, env = "USHER_GRPC_LISTEN", value_name = "ADDRESS", value_parser = address)]
    pub grpc_listen: Option<SocketAddr>,

    /// Certificate chain of the public listener, as PEM; together with its key the listener speaks TLS and nothing else.
    /// Read again when it changes.
    #[arg(long, env = "USHER_TLS_CERTIFICATE", value_name = "FILE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,

    /// The key of that certificate, as PEM.
    #[arg(long, env = "USHER_TLS_KEY", value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,

    /// Folder of the certificates of single hosts, as `<host>.crt` and `<host>.key`; read again when they change.
    #[arg(long, env = "USHER_TLS_HOSTS", value_name = "DIR", requires = "tls_certificate")]
    pub tls_hosts: Option<PathBuf>,

    /// Seconds that work in progress gets to end after the process was asked to stop.
    #[arg(long, env = "USHER_DRAIN_SECONDS", value_name = "SECONDS", default_value_t = 25)]
    pub drain_seconds: u32,

    /// How logs are written. Unless given: `json` in production, else `pretty`.
    #[arg(long, env = "USHER_LOG_FORMAT", value_enum)]
    pub log_format: Option<LogFormat>,

    /// Which logs are written: a level, or directives such as `info,jobs=debug`.
    #[arg(long, env = "USHER_LOG_FILTER", value_name = "DIRECTIVES", default_value = "info")]
    pub log_filter: LogFilter,

    /// OTLP/gRPC endpoint that receives traces, such as http://127.0.0.1:4317.
    #[arg(long, env = "USHER_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp_endpoint: Option<OtlpEndpoint>,

    /// Share of new traces that are sent to the endpoint, from 0 to 1.
    #[arg(long, env = "USHER_TRACE_RATIO", value_name = "RATIO", default_value = "1")]
    pub trace_ratio: SampleRatio,

    /// PostgreSQL to use, such as postgres://user:password@host/database.
    #[arg(long, env = "USHER_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<SecretArg>,

    /// NATS server to use, such as nats://user:password@host:4222.
    #[arg(long, env = "USHER_NATS_URL", value_name = "URL", hide_env_values = true)]
    pub nats_url: Option<SecretArg>,

    /// Key that wraps the data keys of all tenants: 32 bytes as base64 or hex.
    #[arg(long, env = "USHER_MASTER_KEY", value_name = "KEY", hide_env_values = true)]
    pub master_key: Option<SecretArg>,

    /// File that holds the master key, as 32 bytes, base64 or hex.
    #[arg(long, env = "USHER_MASTER_KEY_FILE", value_name = "FILE")]
    pub master_key_file: Option<PathBuf>,
}

/// The defaults, without a look at the environment.
impl Default for Config {
    fn default() -> Self {
        Self {
            profile: Profile::Dev,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            admin_listen: None,
            grpc_listen: None,
            tls_certificate: None,
            tls_key: None,
            tls_hosts: None,
            drain_seconds: 25,
            log_format: None,
            log_filter: LogFilter("info".to_owned()),
            otlp_endpoint: None,
            trace_ratio: SampleRatio(1.0),
            database_url: None,
            nats_url: None,
            master_key: None,
            master_key_file: None,
        }
    }
}

impl Config {
    /// Where the admin listener binds: the option, else loopback with the public port + 1000
    /// (minus 1000 where that is no port; a free port where the public one is free too).
    pub fn admin_listen(&self) -> SocketAddr {
        let port = match self.listen.port() {
            0 => 0,
            port => port.checked_add(1000).unwrap_or_else(|| port - 1000),
        };
        self.admin_listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }

    /// The files of the public listener's own TLS; `None` where it speaks without.
    pub fn tls(&self) -> Option<Files> {
        let main = self.tls_certificate.clone().zip(self.tls_key.clone())?;
        Some(Files { main, hosts: self.tls_hosts.clone() })
    }

    /// How logs are written: the option, else by profile.
    pub fn log_format(&self) -> LogFormat {
        self.log_format.unwrap_or(match self.profile {
            Profile::Dev => LogFormat::Pretty,
            Profile::Production => LogFormat::Json,
        })
    }

    /// How long work in progress gets to end.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds.into())
    }

    /// The PostgreSQL to use, or an error that names the key.
    pub fn database_url(&self) -> Result<&SecretString, ConfigError> {
        self.database_url.as_ref().map(SecretArg::secret).ok_or(ConfigError::Missing {
            key: "USHER_DATABASE_URL",
            remedy: "give the PostgreSQL to use, here or as DATABASE_URL",
        })
    }

    /// The NATS server to use, or an error that names the key.
    pub fn nats_url(&self) -> Result<&SecretString, ConfigError> {
        self.nats_url.as_ref().map(SecretArg::secret).ok_or(ConfigError::Missing {
            key: "USHER_NATS_URL",
            remedy: "give the NATS server to use, here or as NATS_URL",
        })
    }

    /// The master key. In the dev profile a published one stands in for a missing one;
    /// production refuses a missing, published, short or made-up key.
    pub fn master_key(&self) -> Result<MasterKey, ConfigError> {
        master_key::resolve(self.profile, self.master_key.as_ref(), self.master_key_file.as_deref())
    }
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "give an IP address and a port, such as 127.0.0.1:8080")
}

/// How strict the process is about its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Works without any setting; protects nothing.
    Dev,
    /// Refuses whatever is not safe to run for customers.
    Production,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For a person at a terminal.
    Pretty,
    /// One JSON object a line, with the fields of all enclosing spans.
    Json,
}

/// Directives that choose the logs to write; known to be readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// The directives as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LogFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match tracing_subscriber::EnvFilter::try_new(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(error) => Err(format!(
                "{error}; give a level (error, warn, info, debug, trace) or \
                                       directives such as info,jobs=debug"
            )),
        }
    }
}

/// Where traces are sent; known to be a URL with scheme and host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtlpEndpoint(String);

impl OtlpEndpoint {
    /// The URL as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the collector is reached by TLS.
    pub(crate) fn is_tls(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl FromStr for OtlpEndpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Option<http::Uri> = text.parse().ok();
        match uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.host()?))) {
            Some(("http" | "https", _)) => Ok(Self(text.to_owned())),
            _ => Err("give a URL with scheme and host, such as http://127.0.0.1:4317".to_owned()),
        }
    }
}

/// A share from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleRatio(f64);

impl SampleRatio {
    /// The share, from 0.0 to 1.0.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl FromStr for SampleRatio {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(Self(ratio)),
            _ => Err("give a number from 0 to 1"),
        }
    }
}
