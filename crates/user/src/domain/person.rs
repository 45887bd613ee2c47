//! A person, and a person's membership in a tenant.

use kernel::{Email, PersonName, Timestamp, UserId};

use crate::domain::MemberStatus;

kernel::closed_set! {
    /// Whether a person can sign in.
    pub(crate) enum PersonStatus {
        /// Known by an invitation, without a password yet.
        Invited = "invited",
        /// Has a password.
        Active = "active",
        /// Closed by the platform.
        Disabled = "disabled",
    }
}

/// A person: one address, any number of tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) user_id: UserId,
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    pub(crate) status: PersonStatus,
    pub(crate) created_at: Timestamp,
    pub(crate) activated_at: Option<Timestamp>,
}

/// A person as a member of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) user_id: UserId,
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    pub(crate) status: MemberStatus,
    pub(crate) roles: Vec<String>,
    pub(crate) joined_at: Timestamp,
}
