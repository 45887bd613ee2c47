//! Why an API key is refused.

use kernel::{Code, FieldViolation};

use super::BadKeyWish;

/// Why an API key is refused.
#[derive(Debug, thiserror::Error)]
pub enum KeyRefusal {
    /// The key cannot be made so: the field and its problem.
    #[error("The API key cannot be made: {0} {1}.")]
    BadWish(&'static str, BadKeyWish),
    /// The tenant has no such key.
    #[error("There is no such API key.")]
    NotFound,
    /// Revoked, or too old.
    #[error("The API key has ended; make another one.")]
    Ended,
    /// As many as a tenant may have.
    #[error("The tenant has 1,000 API keys; revoke some first.")]
    TooMany,
    /// A key is made by its own person, or for a service account.
    #[error("The API key is another person's; only they may do this.")]
    OfAnother,
}

impl KeyRefusal {
    pub(crate) const fn code(&self) -> Code {
        match self {
            Self::BadWish(..) => Code::Invalid,
            Self::NotFound => Code::NotFound,
            Self::Ended => Code::Unauthenticated,
            Self::TooMany => Code::Exhausted,
            Self::OfAnother => Code::Denied,
        }
    }

    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::BadWish(..) => "key_refused",
            Self::NotFound => "api_key_not_found",
            Self::Ended => "api_key_ended",
            Self::TooMany => "too_many_keys",
            Self::OfAnother => "key_of_another",
        }
    }

    pub(crate) fn fields(&self) -> Vec<FieldViolation> {
        match self {
            Self::BadWish(field, problem) => {
                vec![FieldViolation::new(*field, problem.to_string())]
            }
            _ => Vec::new(),
        }
    }
}
