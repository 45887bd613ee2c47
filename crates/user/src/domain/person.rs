//! A person, and a person's membership in a tenant.

use kernel::{Email, PersonName, TenantId, Timestamp, UserId};

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

/// All that other services must know of a person at one moment; one of a lower version is older.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PersonStanding {
    pub(crate) user_id: UserId,
    pub(crate) version: i64,
    pub(crate) email: Email,
    pub(crate) status: PersonStatus,
}

/// A person over all tenants, as the platform's staff see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownPerson {
    pub(crate) user_id: UserId,
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    pub(crate) status: PersonStatus,
    /// Why the account is closed; empty for an open one.
    pub(crate) closed_note: String,
    pub(crate) created_at: Timestamp,
    pub(crate) activated_at: Option<Timestamp>,
    /// When the platform forgot who the person was.
    pub(crate) erased_at: Option<Timestamp>,
    /// Roles bound on the platform, by name.
    pub(crate) platform_roles: Vec<String>,
    /// The tenants whose only active owner the person is.
    pub(crate) sole_owner_of: Vec<TenantId>,
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
