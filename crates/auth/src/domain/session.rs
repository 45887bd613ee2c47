//! A signed-in session, its token and its end.

use std::{fmt, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{SessionId, Timestamp, UserId};
use secrecy::{ExposeSecret, SecretString};

/// Marks our session tokens, so that a leaked one is recognised by scanners.
const PREFIX: &str = "us_";
/// Random bytes of a token.
const RANDOM: usize = 32;
/// How long a session lives unless told.
const USUAL: Duration = Duration::from_secs(12 * 3_600);
/// The longest life of a session.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3_600);
/// Use is noted at most this often.
const NOTED_EVERY: Duration = Duration::from_secs(300);

/// A bearer token; never printed.
#[derive(Clone)]
pub(crate) struct Token(SecretString);

impl Token {
    /// Makes a token of random bytes.
    pub(crate) fn of(random: &[u8; RANDOM]) -> Self {
        Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random)).into())
    }

    /// Reads a presented token; `None` for what cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let random = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        (random.len() == RANDOM).then(|| Self(text.into()))
    }

    /// What is kept of it. A token is random, so a plain digest cannot be searched.
    pub(crate) fn hash(&self) -> Vec<u8> {
        digest(&SHA256, self.expose().as_bytes()).as_ref().into()
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// How long a session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ttl(Duration);

/// Why a lifetime cannot be had; prints as a sentence part that follows the field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 second to 30 days, or 0 for the usual 12 hours")]
pub struct BadTtl;

impl Ttl {
    /// Reads seconds; zero means the usual 12 hours.
    pub(crate) fn from_seconds(seconds: i64) -> Result<Self, BadTtl> {
        let asked = Duration::from_secs(u64::try_from(seconds).map_err(|_| BadTtl)?);
        match asked {
            Duration::ZERO => Ok(Self(USUAL)),
            asked if asked <= LONGEST => Ok(Self(asked)),
            _ => Err(BadTtl),
        }
    }

    pub(crate) const fn get(self) -> Duration {
        self.0
    }
}

impl Default for Ttl {
    fn default() -> Self {
        Self(USUAL)
    }
}

/// A signed-in session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) session_id: SessionId,
    pub(crate) user_id: UserId,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) last_used_at: Timestamp,
}

/// Whether a session is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Good,
    Ended,
    Expired,
}

impl Session {
    pub(crate) fn standing(&self, now: Timestamp) -> Standing {
        if self.ended_at.is_some() {
            Standing::Ended
        } else if self.expires_at <= now {
            Standing::Expired
        } else {
            Standing::Good
        }
    }

    /// Whether this use is worth a write.
    pub(crate) fn notes_use(&self, now: Timestamp) -> bool {
        now.since(self.last_used_at) >= NOTED_EVERY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_does_not_print() {
        let token = Token::of(&[7; RANDOM]);
        assert_eq!(Token::parse(token.expose()).expect("reads back").hash(), token.hash());
        assert_eq!(format!("{token:?}"), "Token(***)");
        for bad in ["", "us_", "us_AAAA", &token.expose()[3..], &format!("{}=", token.expose())] {
            assert!(Token::parse(bad).is_none(), "{bad} is no token");
        }
    }

    #[test]
    fn a_lifetime_has_bounds() {
        assert_eq!(Ttl::from_seconds(0).expect("usual").get(), USUAL);
        assert_eq!(Ttl::from_seconds(60).expect("a minute").get(), Duration::from_secs(60));
        for bad in [-1, 30 * 24 * 3_600 + 1, i64::MAX, i64::MIN] {
            assert_eq!(Ttl::from_seconds(bad), Err(BadTtl), "{bad}");
        }
    }
}
