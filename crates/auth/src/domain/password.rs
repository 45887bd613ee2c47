//! What may be a password: length counts, composition does not (NIST SP 800-63B-4, section 3.1.1.2).

use kernel::Email;
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

/// Fewest characters of a password that is chosen.
const SHORTEST: usize = 15;
/// Most characters of any password.
const LONGEST: usize = 1_024;
/// A local part shorter than this may occur in a password by chance.
const LOCAL_PART: usize = 4;
/// A password that only repeats a piece of up to this many characters is as weak as the piece.
const PIECE: usize = 10;

/// Long passwords that everybody tries; shorter ones are refused by their length.
const COMMON: &[&str] = &[
    "1q2w3e4r5t6y7u8i",
    "1qaz2wsx3edc4rfv",
    "correcthorsebatterystaple",
    "correct horse battery staple",
    "iloveyousomuch123",
    "letmeinletmein1",
    "mypasswordismypassword",
    "passwordpassword1",
    "qazwsxedcrfvtgb",
    "qwertyuiopasdfgh",
    "thisismypassword",
    "thisisapassword",
    "trustno1trustno1",
    "welcomewelcome1",
];

/// The rows along which lazy fingers run.
const RUNS: [&str; 5] = [
    "012345678901234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertyuiop[]asdfghjkl;'zxcvbnm,./",
    "йцукенгшщзхъфывапролджэячсмитьбю",
];

/// A password as it is hashed: NFKC, so that every keyboard's spelling of it is the same. Never printed.
#[derive(Clone, Debug)]
pub(crate) struct Password(SecretString);

/// Why a password cannot be used; prints as a sentence part that follows the field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Fewer than 15 characters.
    #[error("has fewer than 15 characters")]
    Short,
    /// More than 1,024 characters.
    #[error("has more than 1,024 characters")]
    Long,
    /// The e-mail, or the part of it before the `@`, stands in it.
    #[error("contains the e-mail address or its first part")]
    OfEmail,
    /// Among the first that anybody tries.
    #[error("is among those that are tried first; choose another")]
    Common,
}

impl Password {
    /// Reads a password that somebody shows, to be compared with the one that was chosen.
    ///
    /// # Errors
    /// [`BadPassword::Long`].
    pub(crate) fn presented(text: &str) -> Result<Self, BadPassword> {
        // Counted before the normal form is made, which may be many times as long.
        if text.chars().nth(LONGEST).is_some() {
            return Err(BadPassword::Long);
        }
        let normal: String = text.nfkc().collect();
        if normal.chars().nth(LONGEST).is_some() {
            return Err(BadPassword::Long);
        }
        Ok(Self(normal.into()))
    }

    /// Reads a password that somebody chooses.
    ///
    /// # Errors
    /// [`BadPassword`] saying why it cannot be chosen.
    pub(crate) fn chosen(text: &str, email: &Email) -> Result<Self, BadPassword> {
        let password = Self::presented(text)?;
        let folded = password.expose().to_lowercase();
        if password.expose().chars().count() < SHORTEST {
            return Err(BadPassword::Short);
        }
        let local = email.as_str().split('@').next().unwrap_or_default();
        if local.len() >= LOCAL_PART && folded.contains(local) || folded.contains(email.as_str()) {
            return Err(BadPassword::OfEmail);
        }
        if COMMON.contains(&folded.as_str()) || repeats(&folded) || runs(&folded) {
            return Err(BadPassword::Common);
        }
        Ok(password)
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Whether the text is one short piece over and over, cut anywhere.
fn repeats(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=PIECE).any(|piece| chars.iter().zip(chars.iter().skip(piece)).all(|(a, b)| a == b))
}

/// Whether the text is a piece of a row of keys or of the alphabet, in either direction.
fn runs(text: &str) -> bool {
    let backwards: String = text.chars().rev().collect();
    RUNS.iter().any(|row| row.contains(text) || row.contains(&backwards))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str) -> Result<(), BadPassword> {
        let email = Email::parse("ann.smith@example.com").expect("valid");
        Password::chosen(text, &email).map(|_| ())
    }

    #[test]
    fn length_decides_and_composition_does_not() {
        assert_eq!(chosen("fourteen chars"), Err(BadPassword::Short));
        assert_eq!(chosen("fifteen letters"), Ok(()));
        assert_eq!(chosen("пятнадцать букв"), Ok(()), "characters are counted, not bytes");
        assert_eq!(chosen(&"длинный пароль ".repeat(68)), Ok(()), "1,020 characters");
        assert_eq!(chosen(&"x y".repeat(342)), Err(BadPassword::Long));
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for bad in [
            "aaaaaaaaaaaaaaaa",
            "passwordpassword",
            "Correct Horse Battery Staple",
            "1234567890123456",
            "0987654321098765",
            "qwertyuiopasdfg",
            "abcabcabcabcabcab",
        ] {
            assert_eq!(chosen(bad), Err(BadPassword::Common), "{bad}");
        }
    }

    #[test]
    fn the_e_mail_is_no_password() {
        assert_eq!(chosen("ann.smith@example.com"), Err(BadPassword::OfEmail));
        assert_eq!(chosen("Ann.Smith is here today"), Err(BadPassword::OfEmail));
        let short = Email::parse("ann@example.com").expect("valid");
        assert!(Password::chosen("annual harvest festival", &short).is_ok());
    }

    #[test]
    fn spellings_of_one_password_are_one() {
        let spelled = |text| Password::presented(text).expect("short enough").expose().to_owned();
        assert_eq!(spelled("caf\u{e9} terrace by night"), spelled("cafe\u{301} terrace by night"));
        assert_eq!(spelled("ｆｕｌｌ width"), spelled("full width"));
    }

    #[test]
    fn a_text_that_grows_by_normalisation_is_still_bounded() {
        assert!(matches!(Password::presented(&"\u{fdfa}".repeat(1_000)), Err(BadPassword::Long)));
    }

    #[test]
    fn a_password_does_not_print() {
        let password = Password::presented("canary in a coal mine").expect("short enough");
        assert!(!format!("{password:?}").contains("canary"));
    }
}
