//! A letter that lets a person in, and what stands in it.

use std::{fmt, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{LetterId, Timestamp, UserId};
use secrecy::{ExposeSecret, SecretString};

/// How often a letter may be tried.
pub(crate) const MOST_TRIES: i16 = 5;
/// Random or derived bytes of a token and of a binding.
const BYTES: usize = 32;
/// Digits of a code.
const DIGITS: usize = 8;

kernel::closed_set! {
    /// What a letter is good for.
    pub(crate) enum LetterKind {
        /// Setting a new password.
        PasswordReset = "password_reset",
        /// Signing in, in the browser that asked.
        SignIn = "sign_in",
        /// Proving the address, by whoever is signed in and asked.
        Address = "address",
    }
}

impl LetterKind {
    /// How long it works (ASVS 6.5.5: codes at most 10 minutes).
    pub(crate) const fn life(self) -> Duration {
        match self {
            Self::PasswordReset => Duration::from_secs(30 * 60),
            Self::SignIn | Self::Address => Duration::from_secs(10 * 60),
        }
    }
}

/// A letter as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) letter_id: LetterId,
    pub(crate) kind: LetterKind,
    /// Nobody where the address was not known.
    pub(crate) user_id: Option<UserId>,
    pub(crate) tries: i16,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) used_at: Option<Timestamp>,
}

/// Why a letter lets nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// It was used, or another one was, or too many wrong codes were tried.
    #[error("was used already, or another one was")]
    Used,
    /// Too old.
    #[error("has expired")]
    Expired,
}

impl Letter {
    /// Whom it lets in at `now`.
    pub(crate) fn open(&self, now: Timestamp) -> Result<(), Closed> {
        if self.used_at.is_some() || self.tries >= MOST_TRIES {
            Err(Closed::Used)
        } else if self.expires_at <= now {
            Err(Closed::Expired)
        } else {
            Ok(())
        }
    }
}

/// 256 bits in a link or in a browser; never printed.
#[derive(Clone)]
pub(crate) struct Key(SecretString);

impl Key {
    /// Makes one of random bytes.
    pub(crate) fn of(random: &[u8; BYTES]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random).into())
    }

    /// Reads a presented one; `None` for what cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == BYTES).then(|| Self(text.into()))
    }

    /// What is kept of it: it cannot be searched for, so a plain digest does.
    pub(crate) fn hash(&self) -> Vec<u8> {
        digest(&SHA256, self.expose().as_bytes()).as_ref().into()
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<SecretString> for Key {
    /// A derived one.
    fn from(text: SecretString) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

/// The digits that a person copies from a letter; never printed.
#[derive(Clone)]
pub(crate) struct Digits(SecretString);

impl Digits {
    /// The digits that a derived token stands for.
    pub(crate) fn of(derived: &SecretString) -> Self {
        let sum = digest(&SHA256, derived.expose_secret().as_bytes());
        // Of 128 bits the remainder favours no code measurably.
        let number =
            sum.as_ref().iter().take(16).fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
        let bound = 10_u128.pow(u32::try_from(DIGITS).unwrap_or_default());
        Self(format!("{:0DIGITS$}", number % bound).into())
    }

    /// Reads typed ones: blanks and hyphens are how people copy.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits: String =
            text.chars().filter(|c| !c.is_whitespace() && *c != '-').take(DIGITS + 1).collect();
        let is_code = digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
        is_code.then(|| Self(digits.into()))
    }

    /// Whether they are the same, in time that tells nothing.
    pub(crate) fn is(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(
            self.expose().as_bytes(),
            other.expose().as_bytes(),
        )
        .is_ok()
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digits(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_closes_by_use_by_tries_and_by_its_date() {
        let at =
            |seconds| Timestamp::from(jiff::Timestamp::from_second(seconds).expect("a second"));
        let letter = Letter {
            letter_id: LetterId::from(uuid::Uuid::nil()),
            kind: LetterKind::SignIn,
            user_id: None,
            tries: 4,
            created_at: at(0),
            expires_at: at(600),
            used_at: None,
        };
        assert_eq!(letter.open(at(599)), Ok(()));
        assert_eq!(letter.open(at(600)), Err(Closed::Expired));
        assert_eq!(Letter { tries: 5, ..letter.clone() }.open(at(1)), Err(Closed::Used));
        assert_eq!(Letter { used_at: Some(at(1)), ..letter }.open(at(1)), Err(Closed::Used));
    }

    #[test]
    fn digits_are_read_as_people_copy_them() {
        let derived = Digits::of(&"some derived token".into());
        let text = derived.expose().to_owned();
        assert!(text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()), "{text}");
        let spaced = format!(" {} {}\n", &text[..4], &text[4..]);
        assert!(Digits::parse(&spaced).expect("reads").is(&derived));
        for bad in ["", "1234567", "123456789", "1234567a", "１２３４５６７８"] {
            assert!(Digits::parse(bad).is_none(), "{bad}");
        }
        assert!(!format!("{derived:?}").contains(&text));
    }

    #[test]
    fn a_key_reads_back_and_does_not_print() {
        let key = Key::of(&[7; BYTES]);
        assert_eq!(Key::parse(key.expose()).expect("reads back").hash(), key.hash());
        assert_eq!(format!("{key:?}"), "Key(***)");
        for bad in ["", "AAAA", &format!("{}=", key.expose()), &key.expose()[1..]] {
            assert!(Key::parse(bad).is_none(), "{bad}");
        }
    }
}
