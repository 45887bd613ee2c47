//! Why somebody did something, in their own words.

/// Longest reason, in characters.
const LONGEST: usize = 300;

/// At most 300 characters in one line; may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reason(String);

impl Reason {
    /// Reads a reason.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.chars().count() > LONGEST {
            return Err("is longer than 300 characters");
        }
        if text.chars().any(char::is_control) {
            return Err("may hold no line breaks or other control characters");
        }
        // Facts and audit rows repeat the reason: what looks like a JWT does not belong there.
        if text.contains("eyJ") {
            return Err("seems to hold a token; leave it out");
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_of_bounded_length() {
        assert_eq!(Reason::parse("  expires soon ").expect("good").as_str(), "expires soon");
        assert!(Reason::parse("").expect("none").is_empty());
        assert!(Reason::parse(&"я".repeat(300)).is_ok());
        assert!(Reason::parse(&"я".repeat(301)).is_err());
        assert!(Reason::parse("a\nb").is_err());
        assert!(Reason::parse("was eyJhbGciOiJFUzI1NiJ9.e30.x").is_err());
    }
}
