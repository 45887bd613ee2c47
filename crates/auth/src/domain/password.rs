//! What may be a password: length counts, composition does not (NIST SP 800-63B-4, section 3.1.1.2).

use kernel::Email;
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use super::blocklist::{is_tried_first, without};

/// Most characters of any password.
const LONGEST: usize = 1_024;
/// A part of an address shorter than this may occur in a password by chance.
const PART: usize = 4;

/// How long a password has to be at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Floor {
    /// Nothing else is asked on sign-in.
    Alone,
    /// A second factor is asked as well.
    WithSecondFactor,
}

impl Floor {
    /// Fewest characters.
    const fn characters(self) -> usize {
        match self {
            Self::Alone => 15,
            Self::WithSecondFactor => 8,
        }
    }
}

/// A password as it is hashed: NFKC, so that every keyboard's spelling of it is the same. Never printed.
#[derive(Clone, Debug)]
pub(crate) struct Password(SecretString);

/// Why a password cannot be used; prints as a sentence part that follows the field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Nothing was typed.
    #[error("is missing")]
    Missing,
    /// Fewer characters than these.
    #[error("has fewer than {0} characters")]
    Short(usize),
    /// More than 1,024 characters.
    #[error("has more than 1,024 characters")]
    Long,
    /// The e-mail, or the part of it before the `@`, stands in it.
    #[error("contains the e-mail address or its first part")]
    OfEmail,
    /// The name of the workspace, or a part of it, with little added.
    #[error("leans on the name of the workspace; choose another")]
    OfPlace,
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

    /// Like [`Password::presented`], where an empty field is none.
    ///
    /// # Errors
    /// [`BadPassword::Long`], [`BadPassword::Missing`].
    pub(crate) fn typed(text: &str) -> Result<Self, BadPassword> {
        if text.is_empty() { Err(BadPassword::Missing) } else { Self::presented(text) }
    }

    /// Reads a password that somebody chooses.
    ///
    /// # Errors
    /// [`BadPassword`] saying why it cannot be chosen.
    pub(crate) fn chosen(text: &str, email: &Email, floor: Floor) -> Result<Self, BadPassword> {
        let password = Self::presented(text)?;
        let folded = password.expose().to_lowercase();
        if !password.suffices(floor) {
            return Err(BadPassword::Short(floor.characters()));
        }
        if is_of_email(&folded, email) {
            return Err(BadPassword::OfEmail);
        }
        if is_tried_first(&folded) {
            return Err(BadPassword::Common);
        }
        Ok(password)
    }

    /// The password, if it has as many characters as a tenant asks for.
    ///
    /// # Errors
    /// [`BadPassword::Short`].
    pub(crate) fn of_length(self, asked: i32) -> Result<Self, BadPassword> {
        let asked = usize::try_from(asked).unwrap_or_default();
        if self.expose().chars().count() < asked {
            Err(BadPassword::Short(asked))
        } else {
            Ok(self)
        }
    }

    /// Refuses a password that is little more than one of these words, or than a part of one: the names of the workspaces
    /// near the person.
    ///
    /// # Errors
    /// [`BadPassword::OfPlace`].
    pub(crate) fn beside(self, words: &[String]) -> Result<Self, BadPassword> {
        let folded = self.expose().to_lowercase();
        let leans = |word: &String| {
            let word: String = word.nfkc().collect::<String>().to_lowercase();
            let whole: String = word.split_whitespace().collect();
            let parts = word.split(|c: char| !c.is_alphanumeric());
            parts
                .chain([word.trim(), whole.as_str()])
                .any(|part| part.chars().count() >= PART && without(&folded, part))
        };
        if words.iter().any(leans) { Err(BadPassword::OfPlace) } else { Ok(self) }
    }

    /// Whether it is long enough for one that is used in this way.
    pub(crate) fn suffices(&self, floor: Floor) -> bool {
        self.expose().chars().count() >= floor.characters()
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Whether a password, in lower case, is made of its person's address: holds what stands before the `@`, or is a part of
/// the domain with little added.
fn is_of_email(folded: &str, email: &Email) -> bool {
    let local = email.as_str().split('@').next().unwrap_or_default();
    folded.contains(email.as_str())
        || (local.len() >= PART && folded.contains(local))
        || email.domain().split('.').any(|part| part.len() >= PART && without(folded, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str) -> Result<(), BadPassword> {
        let email = Email::parse("ann.smith@example.com").expect("valid");
        Password::chosen(text, &email, Floor::Alone).map(|_| ())
    }

    #[test]
    fn length_decides_and_composition_does_not() {
        assert_eq!(chosen("fourteen chars"), Err(BadPassword::Short(15)));
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
        assert_eq!(chosen("example-2026-login"), Err(BadPassword::OfEmail));
        let short = Email::parse("ann@example.com").expect("valid");
        assert!(Password::chosen("annual harvest festival", &short, Floor::Alone).is_ok());
    }

    #[test]
    fn the_name_of_the_workspace_is_no_password() {
        let words = ["Northwind Music-School".to_owned(), "Ö".to_owned()];
        let chosen = |text| Password::presented(text).expect("short enough").beside(&words);
        for bad in [
            "northwind-2026!!",
            "NorthwindNorthwind",
            "northwind music-school",
            "NorthwindMusic-School1",
            "music 12345 music",
        ] {
            assert_eq!(chosen(bad).err(), Some(BadPassword::OfPlace), "{bad}");
        }
        for good in ["the north wind does blow", "music is what feelings sound like", "ö ö ö ö ö"]
        {
            assert!(chosen(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_second_factor_lets_a_password_be_shorter_and_no_weaker() {
        let email = Email::parse("ann.smith@example.com").expect("valid");
        let chosen = |text| {
            Password::chosen(text, &email, Floor::WithSecondFactor).map(|password| {
                assert!(!password.suffices(Floor::Alone));
            })
        };
        assert_eq!(chosen("gr8 moss"), Ok(()));
        assert_eq!(chosen("gr8moss"), Err(BadPassword::Short(8)));
        assert_eq!(chosen("starwars"), Err(BadPassword::Common));
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
