//! What can go wrong with the feed and the stream.

use kernel::{Code, Failure};

/// The result of this service.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A fact about why it was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A fact's payload does not fit its kind.
    #[error("The fact does not hold what its kind promises: {0}")]
    FactMalformed(#[from] wire::json::Malformed),
    /// The bus's.
    #[error(transparent)]
    Bus(#[from] bus::Error),
    /// The database's.
    #[error(transparent)]
    Database(#[from] pg::Error),
}

impl Failure for Error {
    fn code(&self) -> Code {
        match self {
            Self::FactMalformed(_) => Code::Invalid,
            Self::Bus(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::FactMalformed(_) => "fact_malformed",
            Self::Bus(error) => error.reason(),
            Self::Database(error) => error.reason(),
        }
    }
}
