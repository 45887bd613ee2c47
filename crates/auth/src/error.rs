//! What can go wrong with sign-in.

use std::time::Duration;

use kernel::{Code, Failure, FieldViolation};

use crate::domain::{BadPassword, BadTtl};

/// The result of this service.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A fact about why it was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No active credential of this e-mail has this password; which of the two is wrong is not told.
    #[error("The e-mail or the password is wrong.")]
    WrongCredentials,
    /// The person's password is another one, or there is none.
    #[error("The password is wrong.")]
    WrongPassword,
    /// The password cannot be chosen.
    #[error("The password {0}.")]
    PasswordRefused(#[from] BadPassword),
    /// The asked lifetime cannot be had.
    #[error("The lifetime {0}.")]
    TtlRefused(#[from] BadTtl),
    /// Never staged, swept since, or another person's.
    #[error("There is no such credential.")]
    CredentialNotFound,
    /// Another person signs in with this e-mail.
    #[error("Another person signs in with this e-mail.")]
    EmailTaken,
    /// Somebody who has another address by now still signs in by this one here: the word about them is on its way.
    #[error("Somebody else signs in by this e-mail still; what changed of them is on its way.")]
    EmailHeld,
    /// The platform closed the account.
    #[error("This account is disabled.")]
    PersonClosed,
    /// No session has this token.
    #[error("The session's token is not known.")]
    BadToken,
    /// Signed out.
    #[error("The session has ended; sign in again.")]
    SessionEnded,
    /// Too old.
    #[error("The session has expired; sign in again.")]
    SessionExpired,
    /// More passwords wait to be hashed than can be in good time.
    #[error("Too many sign-ins at once; try again shortly.")]
    Busy,
    /// A fact names what is no id.
    #[error("A fact cannot be applied: its {0} is no id.")]
    BadFact(&'static str),
    /// A hash or a random number could not be made or read.
    #[error("hashing failed: {0}")]
    Hashing(String),
    /// The database's.
    #[error(transparent)]
    Database(#[from] pg::Error),
}

impl Failure for Error {
    fn code(&self) -> Code {
        match self {
            Self::WrongCredentials
            | Self::WrongPassword
            | Self::BadToken
            | Self::SessionEnded
            | Self::SessionExpired => Code::Unauthenticated,
            Self::PasswordRefused(_) | Self::TtlRefused(_) | Self::BadFact(_) => Code::Invalid,
            Self::CredentialNotFound => Code::NotFound,
            Self::EmailTaken => Code::Conflict,
            Self::PersonClosed => Code::Denied,
            Self::Busy | Self::EmailHeld => Code::Unavailable,
            Self::Hashing(_) => Code::Internal,
            Self::Database(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::WrongCredentials => "wrong_credentials",
            Self::WrongPassword => "wrong_password",
            Self::PasswordRefused(_) => "password_refused",
            Self::TtlRefused(_) => "ttl_refused",
            Self::CredentialNotFound => "credential_not_found",
            Self::EmailTaken => "email_taken",
            Self::EmailHeld => "email_held",
            Self::PersonClosed => "account_disabled",
            Self::BadToken => "bad_token",
            Self::SessionEnded => "session_ended",
            Self::SessionExpired => "session_expired",
            Self::Busy => "busy",
            Self::BadFact(_) => "bad_fact",
            Self::Hashing(_) => "hashing_failed",
            Self::Database(error) => error.reason(),
        }
    }

    fn fields(&self) -> Vec<FieldViolation> {
        match self {
            Self::PasswordRefused(problem) => {
                vec![FieldViolation::new("password", problem.to_string())]
            }
            Self::TtlRefused(problem) => {
                vec![FieldViolation::new("ttlSeconds", problem.to_string())]
            }
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy => Some(Duration::from_secs(2)),
            _ => (self.code() == Code::Unavailable).then_some(Duration::from_secs(1)),
        }
    }
}
