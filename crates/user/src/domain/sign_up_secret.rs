//! What stands in a letter about a sign-up, and what the asking browser keeps; known by hashes alone.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::{Hindrance, TokenHash};

/// Bytes of a secret.
const BYTES: usize = 32;
/// Digits of a code.
const DIGITS: usize = 8;

/// 256 bits in 43 characters of base64url.
#[derive(Debug, Clone)]
pub(crate) struct SignUpSecret(SecretString);

impl SignUpSecret {
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

    /// The text, for the letter or the browser and nothing else.
    pub(crate) const fn text(&self) -> &SecretString {
        &self.0
    }
}

impl From<SecretString> for SignUpSecret {
    /// A derived one.
    fn from(text: SecretString) -> Self {
        Self(text)
    }
}

/// The digits that a person copies from a letter.
#[derive(Debug, Clone)]
pub(crate) struct SignUpCode(SecretString);

impl SignUpCode {
    /// The digits that a derived secret stands for.
    pub(crate) fn of(derived: &SecretString) -> Self {
        let sum = digest(&SHA256, derived.expose_secret().as_bytes());
        // Of 128 bits the remainder favours no code measurably.
        let number =
            sum.as_ref().iter().take(16).fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
        Self(format!("{:0DIGITS$}", number % 100_000_000).into())
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
        let [one, other] = [&self.0, &other.0].map(|code| code.expose_secret().as_bytes());
        verify_slices_are_equal(one, other).is_ok()
    }

    /// The digits, for the letter and nothing else.
    pub(crate) const fn text(&self) -> &SecretString {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_reads_back_and_never_prints() {
        let drawn = SignUpSecret::draw().expect("randomness");
        let text = drawn.text().expose_secret();
        assert_eq!(SignUpSecret::parse(text).expect("reads back").hash(), drawn.hash());
        assert!(!format!("{drawn:?}").contains(text));
        for bad in ["", "AAAA", &text[1..], &format!("{text}=")] {
            assert!(SignUpSecret::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_code_is_read_as_people_copy_it_and_never_prints() {
        let code = SignUpCode::of(&"derived".into());
        let text = code.text().expose_secret().to_owned();
        let spaced = format!(" {} {}\n", &text[..4], &text[4..]);
        assert!(SignUpCode::parse(&spaced).expect("reads").is(&code));
        assert!(!format!("{code:?}").contains(&text));
        for bad in ["", "1234567", "123456789", "1234567a", "１２３４５６７８"] {
            assert!(SignUpCode::parse(bad).is_none(), "{bad}");
        }
    }
}
