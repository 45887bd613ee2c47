//! Roles and what each allows: one table, here and nowhere else.

use kernel::Cx;

use crate::{Error, Result};

kernel::closed_set! {
    /// Roles of the platform's own staff; they hold in every tenant.
    pub(crate) enum PlatformRole {
        /// May everything.
        SuperAdmin = "super_admin",
        /// Creates tenants, invites people, watches and repairs.
        Operator = "operator",
    }
}

kernel::closed_set! {
    /// Roles inside one tenant.
    pub(crate) enum TenantRole {
        /// Answers for the tenant.
        Owner = "owner",
        /// Runs the tenant.
        Admin = "admin",
        /// Brings clients in and watches their way.
        Operator = "operator",
        /// A customer of the tenant.
        Client = "client",
        /// A colleague without duties.
        User = "user",
    }
}

/// The role whose last holder stays.
pub(crate) const OWNER: TenantRole = TenantRole::Owner;

/// What an owner is after giving the tenant to somebody else.
pub(crate) const FORMER_OWNER: TenantRole = TenantRole::Admin;

/// A role that can be bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Platform(PlatformRole),
    Tenant(TenantRole),
}

const SUPER_ADMIN: &[&str] = &[
    "activity.facts.read",
    "activity.feed.read",
    "events.event.create",
    "events.event.read",
    "notifier.messages.read",
    "provisioning.clients.create",
    "provisioning.clients.read",
    "provisioning.datasets.use",
    "provisioning.incidents.write",
    "provisioning.jobs.read",
    "provisioning.rollout.move",
    "provisioning.rollout.override",
    "provisioning.rollout.read",
    "provisioning.sheets.read",
    "provisioning.sheets.update",
    "provisioning.troubles.read",
    "provisioning.troubles.work",
    "tenant.tenants.create",
    "tenant.tenants.read",
    "user.invites.create",
    "user.invites.link",
    "user.invites.read",
    "user.members.read",
    "user.members.update",
    "user.ownership.transfer",
    "user.seats.update",
    "user.users.create",
];

/// All but making accounts and overriding the gate: a password given by somebody else, and going on against what was
/// measured, are for the few.
const PLATFORM_OPERATOR: &[&str] = &[
    "activity.facts.read",
    "activity.feed.read",
    "events.event.create",
    "events.event.read",
    "notifier.messages.read",
    "provisioning.clients.create",
    "provisioning.clients.read",
    "provisioning.datasets.use",
    "provisioning.incidents.write",
    "provisioning.jobs.read",
    "provisioning.rollout.move",
    "provisioning.rollout.read",
    "provisioning.sheets.read",
    "provisioning.sheets.update",
    "provisioning.troubles.read",
    "provisioning.troubles.work",
    "tenant.tenants.create",
    "tenant.tenants.read",
    "user.invites.create",
    "user.invites.link",
    "user.invites.read",
    "user.members.read",
    "user.members.update",
    "user.ownership.transfer",
    "user.seats.update",
];

const ADMIN: &[&str] = &[
    "activity.facts.read",
    "activity.feed.read",
    "events.event.create",
    "events.event.read",
    "notifier.messages.read",
    "provisioning.clients.create",
    "provisioning.clients.read",
    "provisioning.datasets.use",
    "provisioning.jobs.read",
    "provisioning.sheets.read",
    "provisioning.sheets.update",
    "provisioning.troubles.read",
    "provisioning.troubles.work",
    "user.invites.create",
    "user.invites.link",
    "user.invites.read",
    "user.members.read",
    "user.members.update",
];

/// An admin who may also give the tenant away. No admin makes or unmakes an owner.
const OWNER_RIGHTS: &[&str] = &[
    "activity.facts.read",
    "activity.feed.read",
    "events.event.create",
    "events.event.read",
    "notifier.messages.read",
    "provisioning.clients.create",
    "provisioning.clients.read",
    "provisioning.datasets.use",
    "provisioning.jobs.read",
    "provisioning.sheets.read",
    "provisioning.sheets.update",
    "provisioning.troubles.read",
    "provisioning.troubles.work",
    "user.invites.create",
    "user.invites.link",
    "user.invites.read",
    "user.members.read",
    "user.members.update",
    "user.ownership.transfer",
];

/// Brings clients in through provisioning, and invites nobody else.
const TENANT_OPERATOR: &[&str] = &[
    "activity.feed.read",
    "events.event.create",
    "events.event.read",
    "notifier.messages.read",
    "provisioning.clients.create",
    "provisioning.clients.read",
    "provisioning.datasets.use",
    "provisioning.jobs.read",
    "provisioning.sheets.read",
    "provisioning.sheets.update",
    "provisioning.troubles.read",
    "provisioning.troubles.work",
    "user.invites.read",
    "user.members.read",
];

const USER: &[&str] = &["activity.feed.read", "events.event.read", "user.members.read"];

const CLIENT: &[&str] = &[
    "activity.feed.read",
    "events.event.read",
    "provisioning.datasets.use",
    "provisioning.sheets.read",
];

impl Role {
    /// Every role, the platform's first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let platform = PlatformRole::ALL.iter().copied().map(Self::Platform);
        platform.chain(TenantRole::ALL.iter().copied().map(Self::Tenant))
    }

    /// What it allows, sorted.
    pub(crate) const fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::Platform(PlatformRole::SuperAdmin) => SUPER_ADMIN,
            Self::Platform(PlatformRole::Operator) => PLATFORM_OPERATOR,
            Self::Tenant(TenantRole::Owner) => OWNER_RIGHTS,
            Self::Tenant(TenantRole::Admin) => ADMIN,
            Self::Tenant(TenantRole::Operator) => TENANT_OPERATOR,
            Self::Tenant(TenantRole::Client) => CLIENT,
            Self::Tenant(TenantRole::User) => USER,
        }
    }

    /// Its name within its scope.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Platform(role) => role.as_str(),
            Self::Tenant(role) => role.as_str(),
        }
    }

    /// `platform` or `tenant`.
    pub(crate) const fn scope(self) -> &'static str {
        match self {
            Self::Platform(_) => "platform",
            Self::Tenant(_) => "tenant",
        }
    }

    /// Whether whoever acts may give it: a person gives no right that they lack; our own services answer for
    /// whom they let ask.
    pub(crate) fn may_be_given_by(self, cx: &Cx) -> Result<()> {
        let held = |permission: &&str| cx.may(permission);
        if cx.user().is_some() && !self.permissions().iter().all(held) {
            return Err(Error::RoleAboveOwn);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_sorted_and_within_the_highest() {
        for role in Role::all() {
            assert!(role.permissions().is_sorted(), "{role:?}");
            assert!(role.permissions().iter().all(|held| SUPER_ADMIN.contains(held)), "{role:?}");
        }
    }

    #[test]
    fn no_role_of_a_tenant_reaches_beyond_it() {
        for role in TenantRole::ALL.iter().copied().map(Role::Tenant) {
            for beyond in [
                "provisioning.incidents.write",
                "provisioning.rollout.move",
                "provisioning.rollout.override",
                "provisioning.rollout.read",
                "tenant.tenants.create",
                "tenant.tenants.read",
                "user.seats.update",
                "user.users.create",
            ] {
                assert!(!role.permissions().contains(&beyond), "{role:?} holds {beyond}");
            }
        }
    }
}
