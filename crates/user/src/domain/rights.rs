//! What a person may do in a tenant: the roles bound there and those of the platform together.

use std::collections::BTreeSet;

use crate::domain::{PersonStatus, PlatformRole, Role, TenantRole};

/// What is stored about a person's place in one tenant and on the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Absent for somebody nobody knows.
    pub(crate) person: Option<PersonStatus>,
    /// Roles bound in the tenant, by name.
    pub(crate) tenant_roles: Vec<String>,
    /// Roles bound on the platform, by name.
    pub(crate) platform_roles: Vec<String>,
    /// Whether a membership counts, in the tenant or on the platform.
    pub(crate) member: bool,
    pub(crate) epoch: i64,
}

/// What a person may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Effective {
    pub(crate) permissions: BTreeSet<&'static str>,
    pub(crate) suspended: bool,
    pub(crate) system_admin: bool,
    pub(crate) epoch: i64,
    pub(crate) belongs: bool,
}

impl From<&Standing> for Effective {
    fn from(standing: &Standing) -> Self {
        let active = standing.person == Some(PersonStatus::Active);
        let here = standing.tenant_roles.iter().filter_map(|name| TenantRole::parse(name));
        let platform = standing.platform_roles.iter().filter_map(|name| PlatformRole::parse(name));
        let roles = here.map(Role::Tenant).chain(platform.clone().map(Role::Platform));
        let permissions = roles.filter(|_| active).flat_map(Role::permissions).copied().collect();
        Self {
            permissions,
            suspended: standing.person == Some(PersonStatus::Disabled),
            system_admin: active && platform.clone().any(|role| role == PlatformRole::SuperAdmin),
            epoch: standing.epoch,
            belongs: active && standing.member,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(person: PersonStatus, tenant: &[&str], platform: &[&str]) -> Standing {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Standing {
            person: Some(person),
            tenant_roles: owned(tenant),
            platform_roles: owned(platform),
            member: true,
            epoch: 3,
        }
    }

    #[test]
    fn a_word_means_the_role_of_its_scope() {
        let here = Effective::from(&standing(PersonStatus::Active, &["operator"], &[]));
        let above = Effective::from(&standing(PersonStatus::Active, &[], &["operator"]));
        assert!(!here.permissions.contains("tenant.tenants.create"));
        assert!(above.permissions.contains("tenant.tenants.create"));
        let misplaced = standing(PersonStatus::Active, &["super_admin"], &["owner"]);
        let misplaced = Effective::from(&misplaced);
        assert!(misplaced.permissions.is_empty() && !misplaced.system_admin);
    }

    #[test]
    fn who_is_not_active_may_nothing() {
        for person in [PersonStatus::Invited, PersonStatus::Disabled] {
            let rights = Effective::from(&standing(person, &["owner"], &["super_admin"]));
            assert!(rights.permissions.is_empty() && !rights.system_admin && !rights.belongs);
            assert_eq!(rights.suspended, person == PersonStatus::Disabled);
        }
    }
}
