//! What can be wrong with a configuration, always naming the key at fault.

/// A configuration that must not start. The text names the key and says what to do about it,
/// and never repeats the value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A key without which the process cannot start has no value.
    #[error("{key} is not set: {remedy}")]
    Missing {
        /// The environment variable; the flag is the same words.
        key: &'static str,
        /// What to do about it.
        remedy: &'static str,
    },
    /// A key has a value that cannot be used.
    #[error("{key} is not usable: {reason}")]
    Invalid {
        /// The environment variable; the flag is the same words.
        key: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
}

impl ConfigError {
    /// The environment variable at fault.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Missing { key, .. } | Self::Invalid { key, .. } => key,
        }
    }
}
