//! The settings of the proof that strangers give.

use std::sync::Arc;

use boot::{ConfigError, SecretArg};
use clap::{Args, ValueEnum, value_parser};
use outbound::{Outbound, Url};

use crate::{Captcha, CaptchaProvider, Siteverify};

const SECRET: &str = "USHER_CAPTCHA_SECRET";
const SITE_KEY: &str = "USHER_CAPTCHA_SITE_KEY";

/// Which proof strangers give.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub struct CaptchaConfig {
    /// Proof that no machine calls in bulk, asked for before letters are sent to strangers' addresses: `work` of the
    /// caller's browser, or the answer of a provider; `off` for none.
    #[arg(long, env = "USHER_CAPTCHA", value_name = "KIND", value_enum, default_value_t = Kind::Off)]
    pub captcha: Kind,
    /// Zero bits that the digest of `work` begins with: each more doubles the work. 18 take a browser about a second.
    #[arg(long, env = "USHER_CAPTCHA_DIFFICULTY", value_name = "BITS", default_value_t = 18,
          value_parser = value_parser!(u8).range(1..=28))]
    pub captcha_difficulty: u8,
    /// Public key of the provider's widget.
    #[arg(long, env = SITE_KEY, value_name = "KEY")]
    pub captcha_site_key: Option<String>,
    /// Key by which the provider knows this platform.
    #[arg(long, env = SECRET, value_name = "KEY", hide_env_values = true)]
    pub captcha_secret: Option<SecretArg>,
    /// Where the provider's answers are checked; the provider's own address unless given.
    #[arg(long, env = "USHER_CAPTCHA_VERIFY_URL", value_name = "URL")]
    pub captcha_verify_url: Option<Url>,
    /// Hosts on whose pages the widget may be solved, each with all below it; the base domain unless given. Name tenants'
    /// own hosts here too.
    #[arg(long, env = "USHER_CAPTCHA_HOSTS", value_name = "HOST,…", value_delimiter = ',')]
    pub captcha_hosts: Vec<String>,
}

/// A kind of proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// None.
    Off,
    /// Work of the caller's browser.
    Work,
    /// Cloudflare Turnstile.
    Turnstile,
    /// hCaptcha.
    Hcaptcha,
    /// Google reCAPTCHA.
    Recaptcha,
}

impl CaptchaConfig {
    /// The proof that these settings describe; widgets are solved on `host` unless told otherwise.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key, where a provider lacks one of its keys.
    pub fn build(&self, outbound: Outbound, host: &str) -> Result<Captcha, ConfigError> {
        let provider = match self.captcha {
            Kind::Off => return Ok(Captcha::Off),
            Kind::Work => return Ok(Captcha::Work { difficulty: self.captcha_difficulty }),
            Kind::Turnstile => CaptchaProvider::Turnstile,
            Kind::Hcaptcha => CaptchaProvider::Hcaptcha,
            Kind::Recaptcha => CaptchaProvider::Recaptcha,
        };
        let missing = |key| ConfigError::Missing {
            key,
            remedy: "give the key of the captcha provider, or set USHER_CAPTCHA=work",
        };
        let hosts = match self.captcha_hosts.as_slice() {
            [] => vec![host.to_owned()],
            hosts => {
                let hosts = hosts.iter().map(|host| host.trim().to_ascii_lowercase());
                hosts.filter(|host| !host.is_empty()).collect()
            }
        };
        let url = match &self.captcha_verify_url {
            Some(url) => url.clone(),
            None => Url::parse(provider.url()).map_err(|problem| ConfigError::Invalid {
                key: "USHER_CAPTCHA_VERIFY_URL",
                reason: problem.to_string(),
            })?,
        };
        let secret = self.captcha_secret.as_ref().ok_or_else(|| missing(SECRET))?;
        Ok(Captcha::Provider(Arc::new(Siteverify {
            provider,
            url,
            site_key: self.captcha_site_key.clone().ok_or_else(|| missing(SITE_KEY))?,
            secret: secret.secret().clone(),
            hosts,
            outbound,
        })))
    }
}

impl Default for CaptchaConfig {
    /// None.
    fn default() -> Self {
        Self {
            captcha: Kind::Off,
            captcha_difficulty: 18,
            captcha_site_key: None,
            captcha_secret: None,
            captcha_verify_url: None,
            captcha_hosts: Vec::new(),
        }
    }
}
