//! The settings of this service.

use std::{fmt, str::FromStr};

use secrecy::{ExposeSecret, SecretString};

/// What the service can be told.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct Config {
    /// Where people reach the platform, such as https://usher.example.com; invitation links begin with it. Unless
    /// given, the address of the public listener.
    #[arg(long, env = "USHER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<PublicUrl>,

    /// How many invitations a new tenant may make in a day; older tenants may make more, and those whom hardly anybody
    /// answers fewer. Protects the sender's name from tenants that send what nobody wants.
    #[arg(long, env = "USHER_INVITE_DAILY", value_name = "NUMBER", default_value_t = 50_000)]
    pub invite_daily: u32,
}

/// A text that people cannot be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected http:// or https:// and a host, without user, query or fragment")]
pub struct BadUrl;

/// Where people reach the platform: `http(s)://host[:port][/path]`, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The page that opens an invitation.
    pub(crate) fn invitation(&self, token: &SecretString) -> String {
        format!("{}/invite/{}", self.0, token.expose_secret())
    }

    /// The page that a shared link opens.
    pub(crate) fn joining(&self, token: &SecretString) -> String {
        format!("{}/join/{}", self.0, token.expose_secret())
    }

    /// The page that finishes a sign-up to the tenant of this slug.
    pub(crate) fn sign_up(&self, slug: &str, token: &SecretString) -> String {
        format!("{}/t/{slug}/signup/{}", self.0, token.expose_secret())
    }

    /// The page that makes the first administrator.
    pub(crate) fn setup(&self, token: &SecretString) -> String {
        format!("{}/setup/{}", self.0, token.expose_secret())
    }

    /// The page that signs in to the tenant of this slug.
    pub(crate) fn sign_in_to(&self, slug: &str) -> String {
        format!("{}/t/{slug}/signin", self.0)
    }

    /// The page that confirms or refuses another address.
    pub(crate) fn email_change(&self, token: &SecretString) -> String {
        format!("{}/email/{}", self.0, token.expose_secret())
    }
}

impl FromStr for PublicUrl {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        let text = text.trim().trim_end_matches('/');
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let rest = rest.ok_or(BadUrl)?;
        let host = rest.split('/').next().unwrap_or_default();
        let strange = |c: char| !c.is_ascii_graphic() || "@?#\"<>\\".contains(c);
        if host.is_empty() || host.starts_with(':') || rest.contains(strange) {
            return Err(BadUrl);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_one_slash_between_its_parts() {
        let url: PublicUrl = "https://usher.example.com/app/".parse().expect("a URL");
        assert_eq!(url.invitation(&"t".into()), "https://usher.example.com/app/invite/t");
    }

    #[test]
    fn what_no_browser_should_open_is_refused() {
        for bad in [
            "",
            "usher.example.com",
            "ftp://x",
            "http://",
            "http://:80",
            "http://a@b",
            "http://a?b",
            "http://a b",
        ] {
            assert_eq!(PublicUrl::from_str(bad), Err(BadUrl), "{bad}");
        }
    }
}
