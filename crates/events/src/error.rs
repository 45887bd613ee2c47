//! What can go wrong with an event.

use kernel::{Code, Failure, FieldViolation};

/// The result of this service.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A fact about why it was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such event, or another tenant's.
    #[error("There is no such event.")]
    EventNotFound,
    /// The end lies before the start.
    #[error("The event ends before it starts.")]
    InvalidTimeRange,
    /// The idempotency key stands for another request.
    #[error("This Idempotency-Key was used for another request; choose a new one.")]
    IdempotencyKeyReused,
    /// Only a person announces an event.
    #[error("Only a person may create an event.")]
    PersonNeeded,
    /// The database's.
    #[error(transparent)]
    Database(#[from] pg::Error),
}

impl Failure for Error {
    fn code(&self) -> Code {
        match self {
            Self::EventNotFound => Code::NotFound,
            Self::InvalidTimeRange => Code::Invalid,
            Self::IdempotencyKeyReused => Code::Conflict,
            Self::PersonNeeded => Code::Denied,
            Self::Database(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::EventNotFound => "event_not_found",
            Self::InvalidTimeRange => "invalid_time_range",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::PersonNeeded => "person_needed",
            Self::Database(error) => error.reason(),
        }
    }

    fn fields(&self) -> Vec<FieldViolation> {
        match self {
            Self::InvalidTimeRange => {
                vec![FieldViolation::new("endsAt", "must not lie before startsAt")]
            }
            _ => Vec::new(),
        }
    }
}
