//! Whether a person may do something, and why: one order of questions for everybody.

use std::collections::BTreeSet;

use kernel::{GroupId, Timestamp, is_content};

use crate::domain::{
    Effect, PersonStatus, PlatformRole, PolicyOverride, Role, Scope, Standing, TenantRole,
    WHOLE_TENANT,
};

kernel::closed_set! {
    /// Why it was decided so.
    pub(crate) enum Reason {
        /// No service asks for such a permission.
        UnknownPermission = "UNKNOWN_PERMISSION",
        /// The platform closed the account.
        MasterSuspended = "MASTER_SUSPENDED",
        /// The platform trusts the person; each such answer is audited.
        MasterSystemAdmin = "MASTER_SYSTEM_ADMIN",
        /// The platform's staff opened the tenant's content with a reason; each such answer is audited.
        BreakGlass = "BREAK_GLASS",
        /// An override denies it.
        PolicyDeny = "POLICY_DENY",
        /// An override allows it, and none denies it.
        PolicyAllow = "POLICY_ALLOW",
        /// The person holds no role there.
        NoRole = "NO_ROLE",
        /// A role allows it.
        RbacAllow = "RBAC_ALLOW",
        /// None of the roles allows it.
        RbacDeny = "RBAC_DENY",
    }
}

impl Reason {
    pub(crate) const fn allows(self) -> bool {
        matches!(
            self,
            Self::MasterSystemAdmin | Self::BreakGlass | Self::PolicyAllow | Self::RbacAllow
        )
    }
}

/// May somebody do this there?
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) permission: String,
    pub(crate) scope: Scope,
}

/// Where a role is held: on the platform, or in a place of the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeldIn<'a> {
    Platform,
    Place(&'a Scope),
}

/// A role that a person holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held<'a> {
    pub(crate) role: &'a str,
    pub(crate) place: HeldIn<'a>,
    /// The group through which it is held.
    pub(crate) group_id: Option<GroupId>,
    allows: Allows<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Allows<'a> {
    BuiltIn(Role),
    Custom(&'a BTreeSet<String>),
}

impl<'a> Held<'a> {
    pub(crate) fn allows(&self, permission: &str) -> bool {
        match self.allows {
            Allows::BuiltIn(role) => role.permissions().contains(&permission),
            Allows::Custom(permissions) => permissions.contains(permission),
        }
    }

    /// Everything it allows.
    pub(crate) fn permissions(&self) -> Vec<&'a str> {
        match self.allows {
            Allows::BuiltIn(role) => role.permissions().to_vec(),
            Allows::Custom(permissions) => permissions.iter().map(String::as_str).collect(),
        }
    }

    /// Whether it makes its holder one whom the platform trusts.
    pub(crate) fn is_trusted(&self) -> bool {
        matches!(self.allows, Allows::BuiltIn(role) if role.is_trusted())
    }
}

impl Standing {
    /// The roles that hold at `now` in `place`. Who is not active holds none.
    pub(crate) fn held_in<'a>(
        &'a self,
        place: &'a Scope,
        now: Timestamp,
    ) -> impl Iterator<Item = Held<'a>> {
        let active = self.person == Some(PersonStatus::Active);
        let platform = self.platform_roles.iter().filter_map(|name| {
            let role = Role::Platform(PlatformRole::parse(name)?);
            let allows = Allows::BuiltIn(role);
            Some(Held { role: name, place: HeldIn::Platform, group_id: None, allows })
        });
        let standing = self.tenant_roles.iter().map(|name| (name, &WHOLE_TENANT, None));
        let granted = self
            .grants
            .iter()
            .filter(move |grant| grant.expires_at.is_none_or(|end| end > now))
            .filter(move |grant| grant.scope.covers(place))
            .map(|grant| (&grant.role, &grant.scope, grant.group_id));
        let here = standing.chain(granted).filter_map(|(name, scope, group_id)| {
            let allows = match TenantRole::parse(name) {
                Some(role) => Allows::BuiltIn(Role::Tenant(role)),
                None => Allows::Custom(self.custom_roles.get(name)?),
            };
            Some(Held { role: name, place: HeldIn::Place(scope), group_id, allows })
        });
        platform.chain(here).filter(move |_| active)
    }

    /// The overrides in force that speak of this.
    pub(crate) fn overrides_of<'a>(
        &'a self,
        permission: &'a str,
        now: Timestamp,
    ) -> impl Iterator<Item = &'a PolicyOverride> {
        self.overrides.iter().filter(move |one| one.speaks_of(permission, now))
    }

    /// Answers, in this order: what nobody knows, who is suspended, whom the platform trusts, who is denied, who is
    /// allowed, to whom the tenant's content is open, and last what the roles say.
    pub(crate) fn decide(&self, known: bool, asked: &Question, now: Timestamp) -> Reason {
        let permission = asked.permission.as_str();
        if !known {
            return Reason::UnknownPermission;
        }
        if self.person == Some(PersonStatus::Disabled) {
            return Reason::MasterSuspended;
        }
        if !is_content(permission) && self.held_in(&asked.scope, now).any(|held| held.is_trusted())
        {
            return Reason::MasterSystemAdmin;
        }
        let says = |effect| self.overrides_of(permission, now).any(|one| one.effect == effect);
        if says(Effect::Deny) {
            return Reason::PolicyDeny;
        }
        if self.belongs() && says(Effect::Allow) {
            return Reason::PolicyAllow;
        }
        if is_content(permission) && self.sees_content(now) {
            return Reason::BreakGlass;
        }
        let mut held = self.held_in(&asked.scope, now).peekable();
        if held.peek().is_none() {
            return Reason::NoRole;
        }
        // A platform role is no way to what the tenant's own people wrote either.
        let counts = |held: &Held<'_>| held.place != HeldIn::Platform || !is_content(permission);
        match held.any(|held| counts(&held) && held.allows(permission)) {
            true => Reason::RbacAllow,
            false => Reason::RbacDeny,
        }
    }
}
