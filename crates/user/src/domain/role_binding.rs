//! Who holds which role, in which part of the tenant, and until when.

use kernel::{GroupId, Timestamp, UserId};
use uuid::Uuid;

use crate::domain::{Scope, ScopeType};

kernel::closed_set! {
    /// A kind of holder.
    pub(crate) enum SubjectType {
        /// A member of the tenant.
        Person = "person",
        /// A community or team; its active members have the role.
        Group = "group",
        /// Software of the tenant.
        ServiceAccount = "service_account",
    }
}

/// Who holds a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) kind: SubjectType,
    pub(crate) id: Uuid,
}

impl Subject {
    pub(crate) fn person(&self) -> Option<UserId> {
        (self.kind == SubjectType::Person).then(|| self.id.into())
    }

    pub(crate) fn group(&self) -> Option<GroupId> {
        (self.kind == SubjectType::Group).then(|| self.id.into())
    }

    pub(crate) fn service_account(&self) -> Option<Uuid> {
        (self.kind == SubjectType::ServiceAccount).then_some(self.id)
    }

    /// How audit rows name it.
    pub(crate) fn label(&self) -> String {
        match self.kind {
            SubjectType::Person => format!("user:{}", self.id),
            SubjectType::Group | SubjectType::ServiceAccount => {
                format!("{}:{}", self.kind, self.id)
            }
        }
    }
}

impl From<UserId> for Subject {
    fn from(user_id: UserId) -> Self {
        Self { kind: SubjectType::Person, id: user_id.uuid() }
    }
}

/// Somebody holds a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoleBinding {
    pub(crate) binding_id: Uuid,
    pub(crate) subject: Subject,
    pub(crate) role: String,
    pub(crate) scope: Scope,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) bound_at: Timestamp,
    pub(crate) bound_by: String,
}

impl RoleBinding {
    /// Whether a person holds it in the whole tenant until it is taken away: then it is one of the member's own roles.
    pub(crate) fn is_standing(&self) -> bool {
        let everywhere = self.scope.kind == ScopeType::Tenant && self.expires_at.is_none();
        everywhere && self.subject.kind == SubjectType::Person
    }

    /// Whether it gives anything at `now`.
    pub(crate) fn counts(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}

/// What must lie ahead.
pub(crate) fn ahead(end: Option<Timestamp>, now: Timestamp) -> Result<(), &'static str> {
    match end {
        Some(end) if end <= now => Err("must lie in the future"),
        _ => Ok(()),
    }
}
