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
/// The longest life of a session.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3_600);
/// Use is noted at most this often.
const NOTED_EVERY: Duration = Duration::from_secs(60);

kernel::closed_set! {
    /// How a session began.
    pub(crate) enum Method {
        /// With e-mail and password.
        Password = "password",
        /// With a link or code from a letter.
        Letter = "letter",
        /// By the operator of the machine.
        Issued = "issued",
        /// With a passkey alone.
        Passkey = "passkey",
        /// By a provider of a tenant: good in that tenant alone.
        Sso = "sso",
    }
}

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

/// How long a session lives: used, and unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Used or not.
    pub absolute: Duration,
    /// Unused.
    pub idle: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { absolute: Duration::from_secs(12 * 3_600), idle: Duration::from_secs(2 * 3_600) }
    }
}

/// How long an issued session is asked to live; `None` for as long as any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ttl(Option<Duration>);

/// Why a lifetime cannot be had; prints as a sentence part that follows the field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 second to 30 days, or 0 for the usual time")]
pub struct BadTtl;

impl Ttl {
    /// Reads seconds; zero means the usual time.
    pub(crate) fn from_seconds(seconds: i64) -> Result<Self, BadTtl> {
        let asked = Duration::from_secs(u64::try_from(seconds).map_err(|_| BadTtl)?);
        match asked {
            Duration::ZERO => Ok(Self(None)),
            asked if asked <= LONGEST => Ok(Self(Some(asked))),
            _ => Err(BadTtl),
        }
    }

    /// As long as a sign-in waits for the second factor.
    pub(crate) const fn waiting() -> Self {
        Self(Some(Duration::from_secs(5 * 60)))
    }

    /// What is left until `end`.
    pub(crate) fn until(end: Timestamp, now: Timestamp) -> Self {
        Self(Some(end.since(now)))
    }

    pub(crate) const fn get(self) -> Option<Duration> {
        self.0
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
    pub(crate) method: Method,
    /// Browser and system, as far as the browser says.
    pub(crate) device: String,
    /// Where it was used last.
    pub(crate) address: String,
    /// Unused for so many seconds it ends; `None` for one that only its date ends.
    pub(crate) idle_seconds: Option<i32>,
    /// When the person last proved who they are.
    pub(crate) proven_at: Timestamp,
    /// Whether it waits for the second factor, and is good for nothing else.
    pub(crate) pending: bool,
    /// When the second factor was shown last.
    pub(crate) second_factor_at: Option<Timestamp>,
}

/// Whether a session is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Good,
    /// For nothing but the second factor.
    Waiting,
    Ended,
    Expired,
}

impl Session {
    pub(crate) fn standing(&self, now: Timestamp) -> Standing {
        if self.ended_at.is_some() {
            Standing::Ended
        } else if self.expires_at <= now || self.idles_out(now) {
            Standing::Expired
        } else if self.pending {
            Standing::Waiting
        } else {
            Standing::Good
        }
    }

    /// Whether this use is worth a write.
    pub(crate) fn notes_use(&self, now: Timestamp) -> bool {
        now.since(self.last_used_at) >= NOTED_EVERY
    }

    /// Whether nobody used it for too long; use is known to the minute.
    fn idles_out(&self, now: Timestamp) -> bool {
        let longest = self.idle_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        longest.is_some_and(|seconds| now.since(self.last_used_at).as_secs() >= seconds)
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
    fn a_session_ends_unused_by_its_date_or_by_hand() {
        let at =
            |seconds| Timestamp::from(jiff::Timestamp::from_second(seconds).expect("a second"));
        let session = Session {
            session_id: SessionId::from(uuid::Uuid::nil()),
            user_id: UserId::from(uuid::Uuid::nil()),
            created_at: at(0),
            expires_at: at(1_000),
            ended_at: None,
            last_used_at: at(100),
            method: Method::Password,
            device: String::new(),
            address: String::new(),
            idle_seconds: Some(300),
            proven_at: at(0),
            pending: false,
            second_factor_at: None,
        };
        assert_eq!(session.standing(at(399)), Standing::Good);
        assert_eq!(session.standing(at(400)), Standing::Expired, "nobody used it");
        let used = Session { last_used_at: at(900), ..session.clone() };
        assert_eq!(used.standing(at(999)), Standing::Good);
        assert_eq!(used.standing(at(1_000)), Standing::Expired, "its date has come");
        let lasting = Session { idle_seconds: None, ..session.clone() };
        assert_eq!(lasting.standing(at(999)), Standing::Good);
        let waiting = Session { pending: true, ..session.clone() };
        assert_eq!(waiting.standing(at(399)), Standing::Waiting);
        let ended = Session { ended_at: Some(at(100)), ..session };
        assert_eq!(ended.standing(at(101)), Standing::Ended);
    }

    #[test]
    fn a_lifetime_has_bounds() {
        assert_eq!(Ttl::from_seconds(0).expect("usual").get(), None);
        assert_eq!(Ttl::from_seconds(60).expect("a minute").get(), Some(Duration::from_secs(60)));
        for bad in [-1, 30 * 24 * 3_600 + 1, i64::MAX, i64::MIN] {
            assert_eq!(Ttl::from_seconds(bad), Err(BadTtl), "{bad}");
        }
    }
}
