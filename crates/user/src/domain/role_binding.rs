//! Who holds which role, in which part of the tenant, and until when.

use kernel::{Timestamp, UserId};
use uuid::Uuid;

use crate::domain::{Scope, ScopeType};

/// A member holds a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoleBinding {
    pub(crate) binding_id: Uuid,
    pub(crate) user_id: UserId,
    pub(crate) role: String,
    pub(crate) scope: Scope,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) bound_at: Timestamp,
    pub(crate) bound_by: String,
}

impl RoleBinding {
    /// Whether it holds in the whole tenant until it is taken away: then it is one of the member's own roles.
    pub(crate) fn is_standing(&self) -> bool {
        self.scope.kind == ScopeType::Tenant && self.expires_at.is_none()
    }
}

/// What must lie ahead.
pub(crate) fn ahead(end: Option<Timestamp>, now: Timestamp) -> Result<(), &'static str> {
    match end {
        Some(end) if end <= now => Err("must lie in the future"),
        _ => Ok(()),
    }
}
