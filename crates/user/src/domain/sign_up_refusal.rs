//! Why somebody does not come in without an invitation.

use std::time::Duration;

use kernel::{Code, FieldViolation};

/// A fact about a sign-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignUpRefusal {
    /// The tenant lets strangers in by invitation alone, or whoever let them in may not any more.
    #[error("Nobody signs up here by themselves; ask for an invitation.")]
    Closed,
    /// Not the letter's code or link, another browser's letter, or one that is closed; which of these is not told.
    #[error("The code or link does not fit, or not any more; ask for a new letter here.")]
    Refused,
    /// The platform takes no address of this domain.
    #[error("Addresses of this domain are not served; use another one.")]
    NotServed,
    /// The proven address has an account by now.
    #[error("This address has an account; sign in with it.")]
    AccountExists,
    /// So many asked from here, or want in there, that the next waits.
    #[error("Too many have asked to sign up; try again later.")]
    TooMany(Duration),
    /// The key that made the letter is no longer configured.
    #[error("The letter cannot be made again.")]
    LetterLost,
}

impl SignUpRefusal {
    pub(crate) const fn code(self) -> Code {
        match self {
            Self::Closed | Self::NotServed => Code::Denied,
            Self::Refused => Code::Unauthenticated,
            Self::AccountExists => Code::Conflict,
            Self::TooMany(_) => Code::Exhausted,
            Self::LetterLost => Code::Gone,
        }
    }

    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Closed => "sign_up_closed",
            Self::Refused => "sign_up_refused",
            Self::NotServed => "address_not_served",
            Self::AccountExists => "account_exists",
            Self::TooMany(_) => "too_many_sign_ups",
            Self::LetterLost => "sign_up_letter_lost",
        }
    }

    pub(crate) fn fields(self) -> Vec<FieldViolation> {
        match self {
            Self::AccountExists => vec![FieldViolation::new("email", "has an account already")],
            Self::NotServed => {
                vec![FieldViolation::new("email", "is of a domain that is not served")]
            }
            _ => Vec::new(),
        }
    }

    pub(crate) const fn retry_after(self) -> Option<Duration> {
        match self {
            Self::TooMany(wait) => Some(wait),
            _ => None,
        }
    }
}
