//! The service's settings, and the components they make.

use std::time::Duration;

use boot::{ConfigError, SecretArg};
use connector::legacy::{BadSetup, KeyHeader, Keys, Legacy, Setup};
use jobs::{Limits, Policy};
use outbound::Outbound;

/// Between two looks for clients that need somebody: well below the minutes that they are about.
const EVERY: Duration = Duration::from_secs(30);

/// Where the legacy backend is, and how patiently it is asked.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct Config {
    /// Address of the legacy backend that workspaces are set up in.
    #[arg(long, env = "USHER_LEGACY_URL", value_name = "URL")]
    pub legacy_url: Option<String>,

    /// Key of the legacy backend.
    #[arg(long, env = "USHER_LEGACY_API_KEY", value_name = "KEY", hide_env_values = true)]
    pub legacy_api_key: Option<SecretArg>,

    /// Key of the legacy backend's administration (/api/admin) in place of USHER_LEGACY_API_KEY.
    #[arg(long, env = "USHER_LEGACY_ADMIN_KEY", value_name = "KEY", hide_env_values = true)]
    pub legacy_admin_key: Option<SecretArg>,

    /// Key of the legacy backend's data (/api/ss) in place of USHER_LEGACY_API_KEY.
    #[arg(long, env = "USHER_LEGACY_DATA_KEY", value_name = "KEY", hide_env_values = true)]
    pub legacy_data_key: Option<SecretArg>,

    /// Header that these keys are sent in: x-api-key or bearer.
    #[arg(
        long,
        env = "USHER_LEGACY_KEY_HEADER",
        value_name = "HEADER",
        default_value = "x-api-key",
        value_parser = key_header
    )]
    pub legacy_key_header: KeyHeader,

    /// Milliseconds that a whole call to the legacy backend may take.
    #[arg(long, env = "USHER_LEGACY_TIMEOUT_MS", value_name = "MS", default_value_t = 10_000)]
    pub legacy_timeout_ms: u32,

    /// Most attempts at each step of a provisioning job.
    #[arg(
        long,
        env = "USHER_PROVISIONING_ATTEMPTS",
        value_name = "NUMBER",
        default_value_t = 8,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub provisioning_attempts: u32,

    /// Longest pause after the first failed attempt, in milliseconds; it doubles from there.
    #[arg(long, env = "USHER_PROVISIONING_BASE_MS", value_name = "MS", default_value_t = 500)]
    pub provisioning_base_ms: u32,

    /// Longest pause after any failed attempt, in milliseconds, unless the backend asks for more.
    #[arg(long, env = "USHER_PROVISIONING_CAP_MS", value_name = "MS", default_value_t = 30_000)]
    pub provisioning_cap_ms: u32,

    /// Most steps that this process works on at a time.
    #[arg(
        long,
        env = "USHER_PROVISIONING_CONCURRENCY",
        value_name = "NUMBER",
        default_value_t = 32,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub provisioning_concurrency: u32,

    /// Most steps of one tenant that are worked on at a time, over all processes.
    #[arg(
        long,
        env = "USHER_PROVISIONING_TENANT_CONCURRENCY",
        value_name = "NUMBER",
        default_value_t = 8,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub provisioning_tenant_concurrency: u32,

    /// Minutes from a client's acceptance to a working workspace: one that takes longer is escalated, and 95 of 100
    /// must be within it for a promotion of the rollout.
    #[arg(
        long,
        env = "USHER_ACTIVE_TARGET_MINUTES",
        value_name = "MINUTES",
        default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub active_target_minutes: u32,

    /// Minutes after which a failed client that nobody has touched is escalated.
    #[arg(
        long,
        env = "USHER_ONBOARDING_ESCALATION_MINUTES",
        value_name = "MINUTES",
        default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub onboarding_escalation_minutes: u32,
}

/// When clients need somebody, and how often that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Between two looks.
    pub every: Duration,
    /// From the acceptance to active: the promise.
    pub time_to_active: Duration,
    /// How long a trouble may stay untouched.
    pub untouched: Duration,
}

impl Config {
    /// The client of the legacy backend, which is called wherever it stands.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key at fault.
    pub fn legacy(&self, outbound: &Outbound) -> Result<Legacy, ConfigError> {
        let url = self.legacy_url.as_deref().ok_or(ConfigError::Missing {
            key: "USHER_LEGACY_URL",
            remedy: "give the address of the legacy backend",
        })?;
        let setup = Setup {
            url: url.to_owned(),
            keys: self.legacy_keys()?,
            timeout: millis(self.legacy_timeout_ms),
        };
        Legacy::of_operator(outbound, setup).map_err(|problem| {
            let key = match problem {
                BadSetup::Address => "USHER_LEGACY_URL",
                BadSetup::Key("admin") if self.legacy_admin_key.is_some() => {
                    "USHER_LEGACY_ADMIN_KEY"
                }
                BadSetup::Key("data") if self.legacy_data_key.is_some() => "USHER_LEGACY_DATA_KEY",
                BadSetup::Key(_) => "USHER_LEGACY_API_KEY",
            };
            ConfigError::Invalid { key, reason: problem.to_string() }
        })
    }

    fn legacy_keys(&self) -> Result<Keys, ConfigError> {
        let secret = |key: &Option<SecretArg>| key.as_ref().map(|key| key.secret().clone());
        let (admin, data) = (secret(&self.legacy_admin_key), secret(&self.legacy_data_key));
        // Where both realms have keys of their own, none is needed for the rest: there is no rest.
        let any = secret(&self.legacy_api_key).or_else(|| admin.clone().and(data.clone()));
        let any = any.ok_or(ConfigError::Missing {
            key: "USHER_LEGACY_API_KEY",
            remedy: "give the key of the legacy backend",
        })?;
        Ok(Keys { any, admin, data, header: self.legacy_key_header })
    }

    /// How the steps of a job are tried again.
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy {
            attempts: self.provisioning_attempts,
            base: millis(self.provisioning_base_ms),
            cap: millis(self.provisioning_cap_ms),
            ..Policy::default()
        }
    }

    /// When clients need somebody.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch {
            every: EVERY,
            time_to_active: minutes(self.active_target_minutes),
            untouched: minutes(self.onboarding_escalation_minutes),
        }
    }

    /// How much the worker takes on.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        Limits {
            concurrency: self.provisioning_concurrency as usize,
            per_tenant: self.provisioning_tenant_concurrency as usize,
        }
    }
}

fn minutes(number: u32) -> Duration {
    Duration::from_secs(u64::from(number) * 60)
}

fn millis(number: u32) -> Duration {
    Duration::from_millis(number.into())
}

fn key_header(text: &str) -> Result<KeyHeader, String> {
    let words =
        || KeyHeader::ALL.iter().map(|header| header.as_str()).collect::<Vec<_>>().join(" or ");
    KeyHeader::parse(text).ok_or_else(|| format!("must be {}", words()))
}
