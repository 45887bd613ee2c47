//! What can go wrong between a commit and a subscriber.

use kernel::{Code, Failure};

/// The result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure on the way of a fact.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database refused or is away.
    #[error(transparent)]
    Database(#[from] pg::Error),
    /// The NATS server is away, or refused.
    #[error("NATS is not available: {0}")]
    Nats(#[source] async_nats::Error),
    /// The address of the NATS server cannot be read.
    #[error("NATS_URL cannot be read")]
    Address,
    /// A cursor was moved by another process: the lease is lost.
    #[error("a lane of the outbox was taken over by another relay")]
    LeaseLost,
    /// An aggregate that is not parked cannot be retried or skipped.
    #[error("the aggregate is not parked")]
    NotParked,
}

impl Error {
    /// Wraps any failure of the NATS client.
    pub(crate) fn nats(cause: impl Into<async_nats::Error>) -> Self {
        Self::Nats(cause.into())
    }
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        Self::Database(cause.into())
    }
}

impl Failure for Error {
    fn code(&self) -> Code {
        match self {
            Self::Database(cause) => cause.code(),
            Self::Nats(_) | Self::LeaseLost => Code::Unavailable,
            Self::Address => Code::Internal,
            Self::NotParked => Code::NotFound,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Database(cause) => cause.reason(),
            Self::Nats(_) => "bus_unavailable",
            Self::LeaseLost => "lease_lost",
            Self::Address => "bus_address",
            Self::NotParked => "aggregate_not_parked",
        }
    }
}
