//! A role of a tenant's own.

use std::collections::BTreeSet;

use kernel::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{PlatformRole, Role, TenantRole};

/// The name of a role, built in or a tenant's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct RoleName(String);

impl RoleName {
    /// Reads a name: 2 to 63 of a-z, 0-9, `_`, `.`, `-`, a letter first.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let fits = (2..=63).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-'));
        match fits {
            true => Ok(Self(text.into())),
            false => Err("must be 2 to 63 of a-z, 0-9, _, ., -, with a letter first"),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a role of this name is built in, in a tenant or on the platform.
    pub(crate) fn is_built_in(&self) -> bool {
        TenantRole::parse(&self.0).is_some() || PlatformRole::parse(&self.0).is_some()
    }
}

/// What a role of a tenant's own is called by people, and what it allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CustomRole {
    pub(crate) role: String,
    pub(crate) title: String,
    /// Sorted.
    pub(crate) permissions: Vec<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// Reads what a tenant's role is to allow. A tenant gives away what a tenant may hold, and nothing of the platform's.
pub(crate) fn allowed(permissions: &[String]) -> Result<BTreeSet<String>, String> {
    if permissions.is_empty() || permissions.len() > 500 {
        return Err("must hold 1 to 500 permissions".into());
    }
    let holdable: BTreeSet<&str> = TenantRole::ALL
        .iter()
        .flat_map(|&role| Role::Tenant(role).permissions())
        .copied()
        .collect();
    match permissions.iter().find(|permission| !holdable.contains(permission.as_str())) {
        // What was sent is not repeated: it may be anything.
        Some(_) => {
            Err("holds a text that is no permission of a tenant; see GET /v1/permissions".into())
        }
        None => Ok(permissions.iter().cloned().collect()),
    }
}

/// Reads a title.
pub(crate) fn title(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    match (1..=120).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        true => Ok(text.into()),
        false => Err("must hold 1 to 120 characters, and none that cannot be seen"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_shape() {
        for good in ["hr", "support-desk", "tasks.manager", "a1"] {
            assert!(RoleName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "1a", "Owner", "a b", "ä-b", "_a", &"a".repeat(64), "a\0b"] {
            assert!(RoleName::parse(bad).is_err(), "{bad}");
        }
        assert!(RoleName::parse("super_admin").expect("a name").is_built_in());
        assert!(RoleName::parse("events.organizer").expect("a name").is_built_in());
    }

    #[test]
    fn a_tenant_gives_nothing_of_the_platforms() {
        let one = |permission: &str| allowed(&[permission.to_owned()]);
        assert!(one("events.event.read").is_ok());
        for beyond in ["tenant.tenants.create", "provisioning.rollout.move", "no.such.thing", ""] {
            assert!(one(beyond).is_err(), "{beyond}");
        }
        assert!(allowed(&[]).is_err());
        assert!(allowed(&vec!["events.event.read".into(); 501]).is_err());
    }

    #[test]
    fn titles_are_seen() {
        assert_eq!(title("  Front desk "), Ok("Front desk".into()));
        for bad in ["", "  ", "a\0b", "a\nb", &"a".repeat(121)] {
            assert!(title(bad).is_err(), "{bad:?}");
        }
    }
}
