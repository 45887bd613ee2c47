//! What can go wrong with a message.

use kernel::{Code, Failure};

/// The result of this service.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A fact about why it was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such message in this tenant.
    #[error("There is no such message.")]
    MessageNotFound,
    /// The call is about no tenant.
    #[error("Name the tenant.")]
    TenantRequired,
    /// A fact holds what cannot be; prints the field and never its value.
    #[error("A fact cannot be applied: its {0} is malformed.")]
    BadFact(&'static str),
    /// The service that knows whom to write to did not say.
    #[error("Whom to write to could not be asked: {0}.")]
    Unasked(String),
    /// The work could not be planned.
    #[error(transparent)]
    Jobs(#[from] ::jobs::Error),
    /// The database's.
    #[error(transparent)]
    Database(#[from] pg::Error),
}

impl Failure for Error {
    fn code(&self) -> Code {
        match self {
            Self::MessageNotFound => Code::NotFound,
            Self::TenantRequired | Self::BadFact(_) => Code::Invalid,
            Self::Unasked(_) => Code::Unavailable,
            Self::Jobs(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::MessageNotFound => "message_not_found",
            Self::TenantRequired => "tenant_required",
            Self::BadFact(_) => "bad_fact",
            Self::Unasked(_) => "user_unavailable",
            Self::Jobs(error) => error.reason(),
            Self::Database(error) => error.reason(),
        }
    }
}
