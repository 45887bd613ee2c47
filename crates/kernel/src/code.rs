//! The closed list of error codes, and what an error owes its reader.

use std::time::Duration;

/// What kind of failure it is; decides the gRPC status and the HTTP status, nothing else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// A field is missing or malformed.
    Invalid,
    /// No identity, or one that does not hold.
    Unauthenticated,
    /// A known identity without the right.
    Denied,
    /// Missing, or somebody else's: the same answer.
    NotFound,
    /// The state of things forbids it now.
    Conflict,
    /// It was there and is no more (used, expired, revoked).
    Gone,
    /// A limit is reached.
    Exhausted,
    /// A dependency is away; trying again later helps.
    Unavailable,
    /// The deadline passed.
    Timeout,
    /// Our fault.
    Internal,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 10] = [
        Self::Invalid,
        Self::Unauthenticated,
        Self::Denied,
        Self::NotFound,
        Self::Conflict,
        Self::Gone,
        Self::Exhausted,
        Self::Unavailable,
        Self::Timeout,
        Self::Internal,
    ];

    /// Whether the same call may succeed later without any change by the caller.
    #[must_use]
    pub const fn retry_helps(self) -> bool {
        matches!(self, Self::Exhausted | Self::Unavailable | Self::Timeout)
    }
}

/// One field at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldViolation {
    /// The field's name as the caller wrote it (proto name, dotted path).
    pub field: String,
    /// What is wrong with it and what would be right.
    pub problem: String,
}

impl FieldViolation {
    /// Names a field and its problem.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

/// What every service error can say of itself. Its `Display` is what an operator reads in the log;
/// [`Failure::public`] is what a caller may see.
pub trait Failure: std::error::Error + Send + Sync + 'static {
    /// The kind of failure.
    fn code(&self) -> Code;

    /// A stable lower_snake_case word that scripts may match, for instance `invite_expired`.
    fn reason(&self) -> &'static str;

    /// The sentence a caller may see; hides causes of internal errors.
    fn public(&self) -> String {
        match self.code() {
            Code::Internal => {
                "An unexpected error occurred; the request id helps us find it.".into()
            }
            Code::Unavailable => {
                "The service is temporarily unavailable; try again shortly.".into()
            }
            _ => self.to_string(),
        }
    }

    /// The fields at fault, if any.
    fn fields(&self) -> Vec<FieldViolation> {
        Vec::new()
    }

    /// When trying again may help.
    fn retry_after(&self) -> Option<Duration> {
        (self.code() == Code::Unavailable).then_some(Duration::from_secs(1))
    }
}
