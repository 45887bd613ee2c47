//! The one-time link by which the platform's first administrator comes in.

use std::time::Duration;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::{Hindrance, SetupRefusal, TokenHash};

/// Bytes of a link's secret.
const BYTES: usize = 32;

/// How long a link works.
pub(crate) const SETUP_LIFE: Duration = Duration::from_secs(24 * 3600);

/// The link as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setup {
    pub(crate) expires_at: Timestamp,
    pub(crate) used_at: Option<Timestamp>,
}

impl Setup {
    /// Whether it lets somebody in at `now`; `administered` says whether somebody is in already.
    pub(crate) fn open(&self, now: Timestamp, administered: bool) -> Result<(), SetupRefusal> {
        if self.used_at.is_some() {
            Err(SetupRefusal::Used)
        } else if administered {
            Err(SetupRefusal::Administered)
        } else if self.expires_at <= now {
            Err(SetupRefusal::Expired)
        } else {
            Ok(())
        }
    }
}

/// 256 bits in 43 characters of base64url.
#[derive(Debug, Clone)]
pub(crate) struct SetupSecret(SecretString);

impl SetupSecret {
    /// One that nobody can make again.
    pub(crate) fn draw() -> Result<Self, Hindrance> {
        let mut random = [0; BYTES];
        rand::fill(&mut random).map_err(|_| Hindrance::NoRandomness)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(random).into()))
    }

    /// Reads a presented one; `None` for what we never made in this form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == BYTES).then(|| Self(text.into()))
    }

    /// What is stored of it: it cannot be searched for, so a plain digest does.
    pub(crate) fn hash(&self) -> TokenHash {
        let sum = digest(&SHA256, self.0.expose_secret().as_bytes());
        TokenHash::from(sum.as_ref().to_vec())
    }

    /// The text, for the link and nothing else.
    pub(crate) const fn text(&self) -> &SecretString {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_closes_by_use_by_an_administrator_and_by_its_date() {
        let at =
            |seconds| Timestamp::from(jiff::Timestamp::from_second(seconds).expect("a second"));
        let setup = Setup { expires_at: at(60), used_at: None };
        assert_eq!(setup.open(at(59), false), Ok(()));
        assert_eq!(setup.open(at(60), false), Err(SetupRefusal::Expired));
        assert_eq!(setup.open(at(60), true), Err(SetupRefusal::Administered));
        let used = Setup { used_at: Some(at(1)), ..setup };
        assert_eq!(used.open(at(2), true), Err(SetupRefusal::Used));
    }

    #[test]
    fn a_secret_reads_back_and_does_not_print() {
        let secret = SetupSecret::draw().expect("drawn");
        let text = secret.text().expose_secret();
        assert_eq!(SetupSecret::parse(text).expect("reads back").hash(), secret.hash());
        assert!(!format!("{secret:?}").contains(text));
        for bad in ["", "AAAA", &text[1..], &format!("{text}=")] {
            assert!(SetupSecret::parse(bad).is_none(), "{bad}");
        }
    }
}
