//! What a person shows as second factor, and when they last proved who they are.

use std::{fmt, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use kernel::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::{Session, totp::DIGITS};

/// Whoever proved who they are within this time may change what guards the account.
const FRESH: Duration = Duration::from_secs(10 * 60);
/// Recovery codes that are handed out at once.
pub(crate) const CODES: usize = 10;
/// Characters of a recovery code, of 5 bits each.
const CHARACTERS: usize = 16;
/// Digits and letters that are not taken for each other (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What was typed as second factor; never printed.
#[derive(Clone)]
pub(crate) enum SecondFactor {
    /// Digits of the app.
    App(SecretString),
    /// A recovery code.
    Recovery(RecoveryCode),
}

/// A text that is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the 6 digits of the app, or a recovery code")]
pub(crate) struct NoFactor;

impl SecondFactor {
    /// Reads what was typed: blanks and hyphens are how people copy.
    pub(crate) fn parse(text: &str) -> Result<Self, NoFactor> {
        let plain: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .take(CHARACTERS + 1)
            .collect::<String>()
            .to_ascii_lowercase();
        if plain.len() == DIGITS && plain.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self::App(plain.into()));
        }
        let is_code = plain.len() == CHARACTERS && plain.bytes().all(|b| ALPHABET.contains(&b));
        if is_code { Ok(Self::Recovery(RecoveryCode(plain.into()))) } else { Err(NoFactor) }
    }
}

impl fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::App(_) => "App(***)",
            Self::Recovery(_) => "Recovery(***)",
        })
    }
}

/// Stands in for the app, once; never printed.
#[derive(Clone)]
pub(crate) struct RecoveryCode(SecretString);

impl RecoveryCode {
    /// The code that random bytes make.
    pub(crate) fn of(random: &[u8; CHARACTERS]) -> Self {
        let code: String =
            random.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect();
        Self(code.into())
    }

    /// What is kept of it: 80 random bits cannot be searched for, so a plain digest does.
    pub(crate) fn hash(&self) -> Vec<u8> {
        digest(&SHA256, self.0.expose_secret().as_bytes()).as_ref().into()
    }

    /// As it is shown, in groups of four.
    pub(crate) fn shown(&self) -> String {
        let groups: Vec<&str> = (0..CHARACTERS)
            .step_by(4)
            .filter_map(|at| self.0.expose_secret().get(at..at + 4))
            .collect();
        groups.join("-")
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(***)")
    }
}

/// Whether the session's person proved lately who they are, with the second factor where there is one.
pub(crate) fn is_fresh(session: &Session, has_second: bool, now: Timestamp) -> bool {
    let lately = |at: Timestamp| now.since(at) < FRESH;
    lately(session.proven_at) && (!has_second || session.second_factor_at.is_some_and(lately))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_reads_back_as_it_is_shown_and_does_not_print() {
        let code = RecoveryCode::of(&[200; CHARACTERS]);
        let shown = code.shown();
        assert_eq!(shown.len(), 19);
        for spelling in [shown.clone(), shown.to_uppercase(), shown.replace('-', " ")] {
            match SecondFactor::parse(&spelling) {
                Ok(SecondFactor::Recovery(read)) => assert_eq!(read.hash(), code.hash()),
                other => panic!("{spelling}: {other:?}"),
            }
        }
        assert_eq!(format!("{code:?}"), "RecoveryCode(***)");
    }

    #[test]
    fn six_digits_are_the_apps_and_everything_else_is_refused() {
        assert!(matches!(SecondFactor::parse("123 456"), Ok(SecondFactor::App(_))));
        for bad in
            ["", "12345", "1234567", "12345a", "１２３４５６", &"a".repeat(17), &"u".repeat(16)]
        {
            assert_eq!(SecondFactor::parse(bad).err(), Some(NoFactor), "{bad}");
        }
    }
}
