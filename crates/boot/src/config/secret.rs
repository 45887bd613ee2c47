//! A configuration value that never shows itself.

use std::{convert::Infallible, fmt, str::FromStr};

use secrecy::{ExposeSecret, SecretString};

/// A secret given as flag or environment variable: a password, a key, a URL that holds one.
///
/// Reading it cannot fail, on purpose: clap repeats a refused value in its error, and this value
/// must not be repeated. Whoever uses the secret checks it and reports a
/// [`ConfigError`](super::ConfigError).
#[derive(Clone)]
pub struct SecretArg(SecretString);

impl SecretArg {
    /// The secret in the clear, for the one place that uses it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The secret for a component that keeps it.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }
}

impl From<&str> for SecretArg {
    fn from(text: &str) -> Self {
        Self(SecretString::from(text))
    }
}

impl From<String> for SecretArg {
    fn from(text: String) -> Self {
        Self(SecretString::from(text))
    }
}

impl FromStr for SecretArg {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::from(text))
    }
}

impl fmt::Debug for SecretArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
