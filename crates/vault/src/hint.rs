//! What may be shown of a secret.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// `***` and the last characters: enough to tell two secrets apart, too little to use one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Hint(String);

impl Hint {
    /// Shows the last 6 characters, and of a short secret never more than a quarter.
    #[must_use]
    pub fn of(secret: &SecretString) -> Self {
        let text = secret.expose_secret();
        let length = text.chars().count();
        let shown = text.chars().skip(length - (length / 4).min(6));
        Self("***".chars().chain(shown).collect())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_shows_six_characters_at_most_and_a_quarter_at_most() {
        for (secret, hint) in [
            ("eyJhbGciOiJFUzI1NiJ9.eyJzaWQiOiJ4In0.c2lnbmF0dXJl", "***F0dXJl"),
            ("correct horse", "***rse"),
            ("абвгдежз", "***жз"),
            ("abc", "***"),
            ("", "***"),
        ] {
            assert_eq!(Hint::of(&secret.into()).as_str(), hint);
        }
    }
}
