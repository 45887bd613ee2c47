//! What the vault refused; no variant holds any part of a secret or a key.

use kernel::{Code, Failure};

use crate::KmsError;

/// The result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of the vault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The sealed bytes were changed, or belong to another tenant, purpose or row.
    #[error("the sealed secret does not belong here or was changed")]
    Refused,
    /// The sealed bytes were written in a format that this build does not know.
    #[error("the sealed secret has an unknown format")]
    Format,
    /// The data key that sealed it was destroyed: the secret is gone for good.
    #[error("the secret was destroyed")]
    Shredded,
    /// Nobody registered where values sealed under this purpose stand, so no rotation would find them.
    #[error("no migration registers the purpose `{0}` in sealed_columns")]
    Unregistered(String),
    /// The tenant's data key is wrapped by a master key that is not on the keyring.
    #[error("the keyring lacks master key {0}")]
    MissingMaster(String),
    /// The tenant's data key cannot be unwrapped although its master key is known: the row was changed.
    #[error("the data key of generation {0} was changed")]
    DataKey(i32),
    /// The key management service did not do its part.
    #[error(transparent)]
    Kms(#[from] KmsError),
    /// The crypto library gave up.
    #[error("the crypto library failed")]
    Crypto,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] pg::Error),
}

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        Self::Database(source.into())
    }
}

impl Failure for Error {
    fn code(&self) -> Code {
        match self {
            Self::Shredded => Code::Gone,
            Self::Database(source) => source.code(),
            Self::Kms(KmsError::Away(_)) => Code::Unavailable,
            Self::Refused
            | Self::Unregistered(_)
            | Self::Kms(_)
            | Self::Format
            | Self::MissingMaster(_)
            | Self::DataKey(_)
            | Self::Crypto => Code::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Refused => "secret_refused",
            Self::Format => "secret_format_unknown",
            Self::Shredded => "secret_shredded",
            Self::Unregistered(_) => "secret_purpose_unregistered",
            Self::MissingMaster(_) => "master_key_missing",
            Self::DataKey(_) => "data_key_refused",
            Self::Kms(KmsError::Away(_)) => "kms_unavailable",
            Self::Kms(_) => "kms_failure",
            Self::Crypto => "crypto_failure",
            Self::Database(source) => source.reason(),
        }
    }
}
