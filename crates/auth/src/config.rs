//! The settings of this service.

use std::time::Duration;

use clap::value_parser;
use wire::tokens::Algorithm;

use crate::{
    CaptchaConfig,
    domain::{KeyPolicy, Lifetimes},
    relying::{BadRelying, Relying},
};

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
    /// Minutes for which an access token lives; what it stands on is looked at every few seconds.
    #[arg(long, env = "USHER_ACCESS_TOKEN_MINUTES", value_name = "MINUTES", default_value_t = 5,
          value_parser = value_parser!(u32).range(5..=10))]
    pub access_token_minutes: u32,
    /// How new keys sign tokens: EdDSA or ES256.
    #[arg(long, env = "USHER_SIGNING_ALGORITHM", value_name = "ALGORITHM", default_value = "EdDSA",
          value_parser = algorithm)]
    pub signing_algorithm: Algorithm,
    /// Days after which another key signs tokens; `usher keys rotate` does it at any time.
    #[arg(long, env = "USHER_SIGNING_KEY_DAYS", value_name = "DAYS", default_value_t = 30,
          value_parser = value_parser!(u32).range(1..=365))]
    pub signing_key_days: u32,
    /// The domain that passkeys are bound to; the public address's host unless told. Another one later leaves all passkeys
    /// behind. A domain above the host (`usher.example` for `app.usher.example`) lets pages of both use the same passkeys.
    #[arg(long, env = "USHER_PASSKEY_DOMAIN", value_name = "DOMAIN")]
    pub passkey_domain: Option<String>,
    /// Other addresses whose pages may use passkeys, at or below that domain (`https://acme.usher.example`).
    #[arg(long, env = "USHER_PASSKEY_ORIGINS", value_name = "URLS", value_delimiter = ',')]
    pub passkey_origins: Vec<String>,
    /// Refused sign-ins and proofs within an hour after which their source (an IPv4 address, an IPv6 /64) is banned for an
    /// hour, each time twice as long up to a day; ten times as many where people have signed in from. 0 bans nobody.
    #[arg(long, env = "USHER_BAN_AFTER", value_name = "REFUSALS", default_value_t = 100,
          value_parser = value_parser!(u32).range(0..=1_000_000))]
    pub ban_after: u32,
    /// The proof that strangers give.
    #[command(flatten)]
    pub captcha: CaptchaConfig,
}

fn algorithm(text: &str) -> Result<Algorithm, &'static str> {
    Algorithm::parse(text).ok_or("give EdDSA or ES256")
}

impl Config {
    /// Whom passkeys answer to at the public address.
    ///
    /// # Errors
    /// [`BadRelying`]
    pub fn relying(&self, public_url: &str) -> Result<Relying, BadRelying> {
        Relying::build(public_url, self.passkey_domain.as_deref(), &self.passkey_origins)
    }

    /// How long sessions live.
    #[must_use]
    pub fn lifetimes(&self) -> Lifetimes {
        Lifetimes {
            absolute: Duration::from_secs(u64::from(self.session_hours) * 3_600),
            idle: Duration::from_secs(u64::from(self.session_idle_minutes) * 60),
        }
    }

    /// How long an access token lives.
    #[must_use]
    pub fn access_life(&self) -> Duration {
        Duration::from_secs(u64::from(self.access_token_minutes) * 60)
    }

    /// How keys that sign tokens are made and replaced.
    #[must_use]
    pub fn keys(&self) -> KeyPolicy {
        let days = u64::from(self.signing_key_days);
        KeyPolicy {
            algorithm: self.signing_algorithm,
            period: Duration::from_secs(days * 24 * 3_600),
        }
    }
}
