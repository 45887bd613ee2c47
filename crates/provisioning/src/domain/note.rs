//! A few words that a person leaves with a decision.

/// 1 to 500 printable characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note(String);

/// A text that is no note; continues a sentence that begins with the field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadNote {
    #[error("is required: say it in a few words")]
    Empty,
    #[error("is longer than 500 characters")]
    Long,
    #[error("holds a control character")]
    Control,
}

impl Note {
    pub(crate) fn parse(text: &str) -> Result<Self, BadNote> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadNote::Empty);
        }
        if text.chars().count() > 500 {
            return Err(BadNote::Long);
        }
        if text.chars().any(char::is_control) {
            return Err(BadNote::Control);
        }
        Ok(Self(text.into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_a_line_of_words() {
        assert_eq!(Note::parse("  почему нет  ").expect("words").as_str(), "почему нет");
        assert!(Note::parse(&"я".repeat(500)).is_ok());
        for (text, why) in [
            (" \n ", BadNote::Empty),
            (&"a".repeat(501), BadNote::Long),
            ("a\u{0}b", BadNote::Control),
        ] {
            assert_eq!(Note::parse(text), Err(why), "{text:?}");
        }
    }
}
