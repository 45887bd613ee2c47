//! The words of an event, each within its bounds.

use std::fmt;

/// Why a text was refused; prints as a sentence part that follows the field's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadText {
    #[error("is empty")]
    Empty,
    #[error("is longer than {0} characters")]
    TooLong(usize),
    #[error("holds control characters")]
    Control,
}

/// A trimmed text of `LEAST` to `MOST` characters without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text<const LEAST: usize, const MOST: usize>(String);

/// What an event is called.
pub(crate) type Title = Text<1, 200>;
/// What it is about; may have lines.
pub(crate) type Description = Text<0, 10_000>;
/// Where it takes place.
pub(crate) type Location = Text<0, 500>;

impl<const LEAST: usize, const MOST: usize> Text<LEAST, MOST> {
    /// Reads a line, trimmed.
    pub(crate) fn parse(text: &str) -> Result<Self, BadText> {
        if text.chars().any(char::is_control) {
            return Err(BadText::Control);
        }
        Self::parse_lines(text)
    }

    /// Reads a text that may have several lines, trimmed.
    pub(crate) fn parse_lines(text: &str) -> Result<Self, BadText> {
        let text = text.trim();
        let length = text.chars().count();
        if length < LEAST {
            return Err(BadText::Empty);
        }
        if length > MOST {
            return Err(BadText::TooLong(MOST));
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(BadText::Control);
        }
        Ok(Self(text.into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that was read before and kept.
impl<const LEAST: usize, const MOST: usize> From<String> for Text<LEAST, MOST> {
    fn from(kept: String) -> Self {
        Self(kept)
    }
}

impl<const LEAST: usize, const MOST: usize> fmt::Display for Text<LEAST, MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_within_its_bounds() {
        assert_eq!(Title::parse(" Open day ").expect("fits").as_str(), "Open day");
        assert!(Title::parse(&"ж".repeat(200)).is_ok(), "characters count, not bytes");
        assert_eq!(Title::parse(&"x".repeat(201)), Err(BadText::TooLong(200)));
        assert_eq!(Title::parse("  "), Err(BadText::Empty));
        assert_eq!(Title::parse("a\nb"), Err(BadText::Control));
    }

    #[test]
    fn a_description_may_have_lines_but_no_nul() {
        assert!(Description::parse_lines("").is_ok());
        assert!(Description::parse_lines("one\r\n\ttwo").is_ok());
        assert_eq!(Description::parse_lines("a\0b"), Err(BadText::Control));
    }
}
