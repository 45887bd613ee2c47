//! A person as the user service knows them.

use kernel::{Email, UserId};

kernel::closed_set! {
    /// Whether a person can sign in.
    pub(crate) enum PersonStatus {
        /// Has no password yet.
        Invited = "invited",
        /// Can.
        Active = "active",
        /// Was closed by the platform.
        Disabled = "disabled",
    }
}

/// What the user service says of a person at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) user_id: UserId,
    /// Of two words about a person the one of the higher version is the later.
    pub(crate) version: i64,
    pub(crate) email: Email,
    pub(crate) status: PersonStatus,
}

impl Person {
    /// Whether nobody signs in as this person.
    pub(crate) fn is_closed(&self) -> bool {
        self.status == PersonStatus::Disabled
    }
}
