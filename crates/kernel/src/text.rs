//! Outside texts, parsed once: what holds a value of these types holds a valid one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a text was refused; prints as a sentence part that follows the field's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadText(&'static str);

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[serde(try_from = "String", into = "String")]
        #[sqlx(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadText;

            fn try_from(text: String) -> Result<Self, BadText> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    )*};
}

texts! {
    /// A canonical e-mail address: trimmed, lower-case ASCII, `local@domain.tld` (a practical part of RFC 5321). A domain
    /// in another script stands in its ASCII form (IDNA). Dots and `+tags` are kept: who may read `a.nn+x@` is for the
    /// domain to say, so two spellings are two people. The vectors are in `tests/it/emails.json`.
    Email;
    /// A DNS-safe name (RFC 1123 label): 3 to 40 of `a-z 0-9 -`, not at the borders `-`, not reserved.
    Slug;
    /// A person's name as shown to others: 1 to 120 characters, no control characters, and no marks that turn the
    /// direction of a text or hide in it.
    PersonName;
    /// A language tag of those we write in.
    Locale;
}

impl Email {
    /// Reads and canonicalises an address.
    ///
    /// # Errors
    /// [`BadText`] saying what is wrong.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadText("is empty"));
        }
        if text.len() > 254 {
            return Err(BadText("is longer than 254 characters"));
        }
        let (local, domain) = text.rsplit_once('@').ok_or(BadText("has no @"))?;
        if !is_dot_atom(local) || local.len() > 64 {
            return Err(BadText("has a malformed part before the @"));
        }
        let domain = ascii_domain(domain).ok_or(BadText("has a malformed domain after the @"))?;
        if local.len() + 1 + domain.len() > 254 {
            return Err(BadText("is longer than 254 characters"));
        }
        Ok(Self(format!("{}@{domain}", local.to_ascii_lowercase())))
    }

    /// The part after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// RFC 5321 dot-atom: no quoted forms, since nobody uses them for anything good.
fn is_dot_atom(text: &str) -> bool {
    !text.is_empty()
        && text.split('.').all(|atom| {
            !atom.is_empty()
                && atom
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        })
}

/// The domain in lower case, with labels of other scripts as `xn--…`; `None` where it is none.
fn ascii_domain(text: &str) -> Option<String> {
    let is_plain = text.is_ascii() && !text.to_ascii_lowercase().contains("xn--");
    let ascii = if is_plain {
        text.to_ascii_lowercase()
    } else {
        idna::domain_to_ascii_strict(text).ok()?
    };
    is_domain(&ascii).then_some(ascii)
}

fn is_domain(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    labels.len() >= 2
        && labels.iter().all(|label| is_label(label))
        && labels.last().is_some_and(|tld| !tld.bytes().all(|b| b.is_ascii_digit()))
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Names that would collide with hosts or paths of the platform itself.
const RESERVED: &[&str] = &[
    "admin", "api", "app", "assets", "auth", "console", "docs", "help", "login", "mail",
    "platform", "sandbox", "static", "status", "support", "system", "usher", "www",
];

impl Slug {
    /// Reads a slug; upper case is refused, not folded, since a slug appears in addresses.
    ///
    /// # Errors
    /// [`BadText`] saying what is wrong.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        if !(3..=40).contains(&text.len()) {
            return Err(BadText("must have 3 to 40 characters"));
        }
        if text.bytes().any(|b| !(b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')) {
            return Err(BadText("may hold only a-z, 0-9 and -"));
        }
        if !is_label(text) || text.starts_with("xn--") {
            return Err(BadText("must begin and end with a letter or digit"));
        }
        if RESERVED.contains(&text) {
            return Err(BadText("is a reserved word"));
        }
        Ok(Self(text.into()))
    }
}

impl PersonName {
    /// Reads a name, trimmed.
    ///
    /// # Errors
    /// [`BadText`] saying what is wrong.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadText("is empty"));
        }
        if text.chars().count() > 120 {
            return Err(BadText("is longer than 120 characters"));
        }
        if text.chars().any(char::is_control) {
            return Err(BadText("holds control characters"));
        }
        if text.chars().any(is_disguise) {
            return Err(BadText("holds invisible marks"));
        }
        Ok(Self(text.into()))
    }
}

/// Characters that make a text look like another one: breaks, marks of direction, fillers, tags. The joiners U+200C and
/// U+200D stay, since names are written with them.
const fn is_disguise(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

impl Locale {
    /// The languages that letters and pages are written in.
    pub const KNOWN: [&'static str; 2] = ["en", "ru"];

    /// Reads a language tag; an empty text means English.
    ///
    /// # Errors
    /// [`BadText`] for a language we do not write in.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let primary = text.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        match primary.as_str() {
            "" => Ok(Self("en".into())),
            known if Self::KNOWN.contains(&known) => Ok(Self(primary)),
            _ => Err(BadText("is not a language we write in (en, ru)")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_canonical() {
        assert_eq!(Email::parse(" Ann@Example.COM ").expect("valid").as_str(), "ann@example.com");
    }

    #[test]
    fn malformed_addresses_are_refused() {
        for bad in [
            "",
            "ann",
            "@x.com",
            "ann@",
            "a b@x.com",
            "ann@x",
            "ann@-x.com",
            "ann@x..com",
            "ann.@x.com",
            "ann@x.com\r\nBcc: b@x.com",
            "ann@1.2.3.4",
            "ann\u{0}@x.com",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad:?} must be refused");
        }
    }

    #[test]
    fn names_that_disguise_themselves_are_refused() {
        for bad in [
            "",
            " ",
            "a\u{0}b",
            "a\nb",
            "Ann\u{202e}gpj",
            "\u{200b}",
            "A\u{feff}nn",
            "\u{3164}",
            "a\u{2028}b",
        ] {
            assert!(PersonName::parse(bad).is_err(), "{bad:?} must be refused");
        }
        for good in [
            "O'Brien-Müller",
            "<script>alert(1)</script>",
            "{{7*7}}",
            "می\u{200c}خواهم",
            "Ж",
            "👩\u{200d}🚀",
        ] {
            assert_eq!(PersonName::parse(good).expect("a name").as_str(), good);
        }
    }

    #[test]
    fn reserved_and_unsafe_slugs_are_refused() {
        for bad in
            ["", "ab", "Admin", "admin", "-ab", "ab-", "a_b", "a.b", "xn--80a", &"a".repeat(41)]
        {
            assert!(Slug::parse(bad).is_err(), "{bad:?} must be refused");
        }
        assert!(Slug::parse("school-42").is_ok());
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_stable(text in ".{0,80}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()).expect("canonical form parses"), email);
            }
            if let Ok(name) = PersonName::parse(&text) {
                prop_assert_eq!(PersonName::parse(name.as_str()).expect("trimmed name parses"), name);
            }
            let _ = (Slug::parse(&text), Locale::parse(&text));
        }
    }
}
