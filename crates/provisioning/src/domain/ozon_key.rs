//! A key of somebody's cabinet at Ozon.

use kernel::{Timestamp, UserId};
use secrecy::SecretString;
use vault::Hint;

/// Characters of a secret: Ozon's own have 36 and more; what is this short or long is no key.
const SECRET: std::ops::RangeInclusive<usize> = 8..=500;

/// The longest account name of an advertising cabinet, in characters.
const LONGEST_ACCOUNT: usize = 200;

/// The longest name, in characters.
const LONGEST_NAME: usize = 120;

/// A seller's number at Ozon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SellerId(i64);

impl SellerId {
    /// Reads a number, from 1.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let number = text.parse().ok().filter(|number| *number > 0);
        number.map(Self).ok_or("must be the seller's number, from 1")
    }

    pub(crate) const fn number(self) -> i64 {
        self.0
    }
}

/// A secret of Ozon's: printable characters without spaces.
#[derive(Debug, Clone)]
pub(crate) struct OzonSecret(SecretString);

impl OzonSecret {
    /// Reads a secret; what surrounds it is cut off.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let fits = SECRET.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.into())) } else { Err("must be 8 to 500 characters without spaces") }
    }

    pub(crate) const fn secret(&self) -> &SecretString {
        &self.0
    }

    /// What may be shown of it.
    pub(crate) fn hint(&self) -> Hint {
        Hint::of(&self.0)
    }
}

/// The account of an advertising cabinet.
pub(crate) fn account(text: &str) -> Result<String, &'static str> {
    printable(text, LONGEST_ACCOUNT).ok_or("must be at most 200 printable characters")
}

/// What people call a key.
pub(crate) fn name(text: &str) -> Result<String, &'static str> {
    printable(text, LONGEST_NAME).ok_or("must be at most 120 printable characters")
}

fn printable(text: &str, longest: usize) -> Option<String> {
    let text = text.trim();
    let fits = text.chars().count() <= longest && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// What may be shown of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OzonKeyView {
    pub(crate) user_id: UserId,
    pub(crate) seller_client_id: i64,
    pub(crate) seller_api_key_hint: Hint,
    pub(crate) performance_client_id: String,
    pub(crate) performance_secret_hint: Option<Hint>,
    pub(crate) name: String,
    pub(crate) updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seller_is_a_number_from_one() {
        assert_eq!(SellerId::parse("7").map(SellerId::number), Ok(7));
        for bad in ["0", "-1", "", "7.0", "seven", "9223372036854775808"] {
            assert!(SellerId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_secret_is_printable_and_of_a_length_and_never_printed() {
        let read = OzonSecret::parse(" 5f0e1d2c-aaaa-bbbb ").expect("a secret");
        assert_eq!(read.hint().as_str(), "***bbbb");
        assert!(!format!("{read:?}").contains("5f0e"));
        for bad in
            ["", "short", "two words here", "línea-de-ozon", &"k".repeat(501), "12345678\u{7}"]
        {
            assert!(OzonSecret::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_are_short_and_printable() {
        assert_eq!(name(" Main "), Ok("Main".into()));
        assert_eq!(name(""), Ok(String::new()));
        assert!(name(&"n".repeat(121)).is_err() && name("a\u{0}b").is_err());
        assert!(account(&"a".repeat(200)).is_ok() && account(&"a".repeat(201)).is_err());
    }
}
