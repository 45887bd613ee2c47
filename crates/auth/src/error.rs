//! What can go wrong with sign-in.

use std::time::Duration;

use kernel::{Code, Failure, FieldViolation};

use crate::domain::{BadPassword, BadSecret, BadTtl, Closed};

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
    /// The new password cannot be chosen.
    #[error("The new password {0}.")]
    NewPasswordRefused(BadPassword),
    /// Too many tries before this one; the next may come after this time.
    #[error("Too many tries; wait a little, then try again.")]
    TooManyTries(Duration),
    /// The person has no such session.
    #[error("There is no such session.")]
    SessionNotFound,
    /// No letter has this token.
    #[error("The link is incomplete or unknown; open it from the letter once more.")]
    LetterNotFound,
    /// The letter lets nobody in any more.
    #[error("The link {0}; ask for a new letter.")]
    LetterClosed(#[from] Closed),
    /// Not the letter's code, another browser's letter, or one that is closed; which of these is not told.
    #[error("The code does not fit; ask for a new letter where you want to sign in.")]
    CodeRefused,
    /// The session waits for the second factor.
    #[error("The sign-in waits for the second factor.")]
    SecondFactorRequired,
    /// Neither a code of the app nor a recovery code, or one that was used.
    #[error("The code does not fit, or was used already; wait for the next one.")]
    FactorRefused,
    /// The proof is too old for what guards the account.
    #[error("Prove again who you are: your password and, if there is one, your second factor.")]
    StepUpRequired,
    /// There is a second factor already.
    #[error("An authenticator app is set up already; remove it first.")]
    FactorExists,
    /// There is none.
    #[error("No authenticator app is set up.")]
    FactorNotFound,
    /// The password is too short to be asked alone.
    #[error(
        "The password is too short to be used alone; choose one of at least 15 characters first."
    )]
    PasswordTooShort,
    /// A kept secret cannot be read.
    #[error(transparent)]
    BadSecret(#[from] BadSecret),
    /// A secret could not be sealed or opened.
    #[error(transparent)]
    Vault(#[from] vault::Error),
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
            | Self::SessionExpired
            | Self::CodeRefused
            | Self::SecondFactorRequired
            | Self::FactorRefused => Code::Unauthenticated,
            Self::StepUpRequired => Code::Denied,
            Self::FactorExists | Self::PasswordTooShort => Code::Conflict,
            Self::Vault(error) => error.code(),
            Self::PasswordRefused(_)
            | Self::NewPasswordRefused(_)
            | Self::TtlRefused(_)
            | Self::BadFact(_) => Code::Invalid,
            Self::CredentialNotFound
            | Self::SessionNotFound
            | Self::LetterNotFound
            | Self::FactorNotFound => Code::NotFound,
            Self::LetterClosed(_) => Code::Gone,
            Self::TooManyTries(_) => Code::Exhausted,
            Self::EmailTaken => Code::Conflict,
            Self::PersonClosed => Code::Denied,
            Self::Busy | Self::EmailHeld => Code::Unavailable,
            Self::Hashing(_) | Self::BadSecret(_) => Code::Internal,
            Self::Database(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::WrongCredentials => "wrong_credentials",
            Self::WrongPassword => "wrong_password",
            Self::PasswordRefused(_) => "password_refused",
            Self::NewPasswordRefused(_) => "password_refused",
            Self::TooManyTries(_) => "too_many_tries",
            Self::SessionNotFound => "session_not_found",
            Self::LetterNotFound => "letter_not_found",
            Self::LetterClosed(Closed::Used) => "letter_used",
            Self::LetterClosed(Closed::Expired) => "letter_expired",
            Self::CodeRefused => "code_refused",
            Self::SecondFactorRequired => "second_factor_required",
            Self::FactorRefused => "factor_refused",
            Self::StepUpRequired => "step_up_required",
            Self::FactorExists => "factor_exists",
            Self::FactorNotFound => "factor_not_found",
            Self::PasswordTooShort => "password_too_short",
            Self::BadSecret(_) => "bad_secret",
            Self::Vault(error) => error.reason(),
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
            Self::NewPasswordRefused(problem) => {
                vec![FieldViolation::new("newPassword", problem.to_string())]
            }
            Self::TtlRefused(problem) => {
                vec![FieldViolation::new("ttlSeconds", problem.to_string())]
            }
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy => Some(Duration::from_secs(1)),
            Self::TooManyTries(wait) => Some(*wait),
            _ => (self.code() == Code::Unavailable).then_some(Duration::from_secs(1)),
        }
    }
}
