//! The id of a spreadsheet, as the legacy backend knows it.

use std::fmt;

use serde::Serialize;

/// 1 to 128 letters, digits, `_` and `-`; case matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct SpreadsheetId(String);

/// A text that is no id of a spreadsheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadSpreadsheetId {
    #[error("is empty")]
    Empty,
    #[error("is longer than 128 characters")]
    Long,
    #[error("may hold only letters, digits, _ and -")]
    Characters,
}

impl SpreadsheetId {
    pub(crate) fn parse(text: &str) -> Result<Self, BadSpreadsheetId> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadSpreadsheetId::Empty);
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            return Err(BadSpreadsheetId::Characters);
        }
        if text.len() > 128 {
            return Err(BadSpreadsheetId::Long);
        }
        Ok(Self(text.into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SpreadsheetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_holds_letters_digits_and_two_signs() {
        assert!(SpreadsheetId::parse("1AbC_d-9").is_ok());
        assert!(SpreadsheetId::parse(&"a".repeat(128)).is_ok());
        for (text, why) in [
            ("  ", BadSpreadsheetId::Empty),
            ("a b", BadSpreadsheetId::Characters),
            ("таблица", BadSpreadsheetId::Characters),
            ("a/b", BadSpreadsheetId::Characters),
            (&"a".repeat(129), BadSpreadsheetId::Long),
        ] {
            assert_eq!(SpreadsheetId::parse(text), Err(why), "{text:?}");
        }
    }
}
