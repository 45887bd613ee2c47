//! Contexts to call ops with.

use std::sync::Arc;

use kernel::{Actor, Clock, Cx, SessionId, TenantId, UserId};

/// A fresh tenant id.
#[must_use]
pub fn tenant() -> TenantId {
    Clock::system().new_id()
}

/// A fresh user id.
#[must_use]
pub fn user() -> UserId {
    Clock::system().new_id()
}

/// The service `test`, acting for itself on a tenant.
#[must_use]
pub fn cx(tenant: TenantId) -> Cx {
    Cx::of_service("test", Some(tenant), &Clock::system())
}

/// The service `test`, acting for itself on no tenant.
#[must_use]
pub fn cx_of_platform() -> Cx {
    Cx::of_service("test", None, &Clock::system())
}

/// A person in a tenant, called by the gateway, with these permissions. No passport: for ops, not for calls; see
/// [`crate::Neighbours::person`].
#[must_use]
pub fn as_user(tenant: TenantId, user: UserId, permissions: &[&str]) -> Cx {
    let session: SessionId = Clock::system().new_id();
    Cx {
        actor: Actor::User { id: user, session },
        caller: Some(wire::identity::GATEWAY.into()),
        permissions: Arc::new(permissions.iter().map(|&word| word.to_owned()).collect()),
        ..cx(tenant)
    }
}
