//! Why a change of a person's address was refused.

use std::time::Duration;

use kernel::{Code, FieldViolation};

/// A fact about a change of address that was refused. None of them tells whether somebody else has the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailRefusal {
    /// The person has this address.
    #[error("This is your address already.")]
    Same,
    /// As many wishes as a day takes.
    #[error("The address was to be changed too often today; try again later.")]
    Budget(Duration),
    /// A link to nothing, or no wish at all.
    #[error("There is no such change of an address.")]
    NotFound,
    /// Its time is over.
    #[error("The time to confirm this change is over; ask for it again.")]
    Expired,
    /// It happened.
    #[error("The address has been changed already.")]
    Done,
    /// One of both addresses said no.
    #[error("This change was refused; the address stays as it is.")]
    Refused,
    /// The person took it back.
    #[error("This change was taken back; the address stays as it is.")]
    Withdrawn,
    /// The person asked anew.
    #[error("The change was asked for again; open the newest letter.")]
    Replaced,
    /// The address could not be had.
    #[error("This address cannot be used here; ask for the change with another one.")]
    Unusable,
    /// The key that made the link is no longer configured.
    #[error("The link cannot be made again; ask for the change again.")]
    LinkLost,
}

impl EmailRefusal {
    pub(crate) const fn code(self) -> Code {
        match self {
            Self::Same => Code::Invalid,
            Self::Budget(_) => Code::Exhausted,
            Self::NotFound => Code::NotFound,
            Self::Expired
            | Self::Done
            | Self::Refused
            | Self::Withdrawn
            | Self::Replaced
            | Self::Unusable
            | Self::LinkLost => Code::Gone,
        }
    }

    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Same => "email_unchanged",
            Self::Budget(_) => "email_change_budget",
            Self::NotFound => "email_change_not_found",
            Self::Expired => "email_change_expired",
            Self::Done => "email_change_done",
            Self::Refused => "email_change_refused",
            Self::Withdrawn => "email_change_withdrawn",
            Self::Replaced => "email_change_replaced",
            Self::Unusable => "email_change_unusable",
            Self::LinkLost => "email_change_link_lost",
        }
    }

    pub(crate) fn fields(self) -> Vec<FieldViolation> {
        match self {
            Self::Same => vec![FieldViolation::new("newEmail", "is your address already")],
            _ => Vec::new(),
        }
    }

    pub(crate) const fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Budget(after) => Some(after),
            _ => None,
        }
    }
}
