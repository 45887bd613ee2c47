//! Roles and what each allows: one table, here and nowhere else.

use std::sync::LazyLock;

use kernel::Cx;

use crate::{Error, Result};

kernel::closed_set! {
    /// Roles of the platform's own staff; they hold in every tenant.
    pub(crate) enum PlatformRole {
        /// May everything.
        SuperAdmin = "super_admin",
        /// Brings people in and switches their accounts off and on; removes nothing.
        AdminLite = "admin_lite",
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
        /// Teaches.
        Instructor = "instructor",
        /// Learns.
        Student = "student",
        /// Comes to events.
        EventsParticipant = "events.participant",
        /// Holds events.
        EventsOrganizer = "events.organizer",
    }
}

/// Permissions that roles hold before any method asks for them: those of answering and leading events.
pub(crate) const RESERVED: [&str; 3] =
    ["events.attendance.mark", "events.event.manage", "events.rsvp.set"];

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
    "auth.api_keys.read",
    "auth.api_keys.write",
    "auth.bans.read",
    "auth.bans.write",
    "auth.clients.read",
    "auth.clients.write",
    "auth.platform_clients.read",
    "auth.platform_clients.write",
    "auth.signing_keys.read",
    "auth.signing_keys.rotate",
    "auth.sso.read",
    "auth.sso.write",
    "events.attendance.mark",
    "events.event.create",
    "events.event.manage",
    "events.event.read",
    "events.rsvp.set",
    "notifier.bounces.report",
    "notifier.messages.read",
    "provisioning.clients.create",
    "provisioning.clients.read",
    "provisioning.datasets.use",
    "provisioning.incidents.write",
    "provisioning.jobs.operate",
    "provisioning.jobs.read",
    "provisioning.rollout.move",
    "provisioning.rollout.override",
    "provisioning.rollout.read",
    "provisioning.sheets.read",
    "provisioning.sheets.update",
    "provisioning.troubles.read",
    "provisioning.troubles.work",
    "tenant.domains.read",
    "tenant.domains.write",
    "tenant.plans.read",
    "tenant.plans.write",
    "tenant.settings.read",
    "tenant.settings.update",
    "tenant.tenants.create",
    "tenant.tenants.operate",
    "tenant.tenants.read",
    "tenant.usage.read",
    "user.access.check",
    "user.glass.close",
    "user.glass.open",
    "user.glass.read",
    "user.groups.read",
    "user.groups.write",
    "user.invites.create",
    "user.invites.link",
    "user.invites.read",
    "user.join_domains.write",
    "user.members.read",
    "user.members.remove",
    "user.members.update",
    "user.overrides.read",
    "user.overrides.write",
    "user.ownership.transfer",
    "user.people.erase",
    "user.people.export",
    "user.people.read",
    "user.people.update",
    "user.role_bindings.read",
    "user.role_bindings.write",
    "user.roles.read",
    "user.roles.write",
    "user.seats.update",
    "user.service_accounts.read",
    "user.service_accounts.write",
    "user.users.create",
];

/// All but making accounts, erasing people and overriding the gate: a password given by somebody else, what cannot be
/// taken back, and going on against what was measured, are for the few.
const PLATFORM_OPERATOR: &[&str] = &[
    "activity.facts.read",
    "activity.feed.read",
    "auth.api_keys.read",
    "auth.api_keys.write",
    "auth.bans.read",
    "auth.bans.write",
    "auth.clients.read",
    "auth.clients.write",
    "auth.platform_clients.read",
    "auth.platform_clients.write",
    "auth.signing_keys.read",
    "auth.sso.read",
    "auth.sso.write",
    "events.attendance.mark",
    "events.event.create",
    "events.event.manage",
    "events.event.read",
    "events.rsvp.set",
    "notifier.bounces.report",
    "notifier.messages.read",
    "provisioning.clients.create",
    "provisioning.clients.read",
    "provisioning.datasets.use",
    "provisioning.incidents.write",
    "provisioning.jobs.operate",
    "provisioning.jobs.read",
    "provisioning.rollout.move",
    "provisioning.rollout.read",
    "provisioning.sheets.read",
    "provisioning.sheets.update",
    "provisioning.troubles.read",
    "provisioning.troubles.work",
    "tenant.domains.read",
    "tenant.domains.write",
    "tenant.plans.read",
    "tenant.plans.write",
    "tenant.settings.read",
    "tenant.settings.update",
    "tenant.tenants.create",
    "tenant.tenants.operate",
    "tenant.tenants.read",
    "tenant.usage.read",
    "user.access.check",
    "user.glass.read",
    "user.groups.read",
    "user.groups.write",
    "user.invites.create",
    "user.invites.link",
    "user.invites.read",
    "user.join_domains.write",
    "user.members.read",
    "user.members.remove",
    "user.members.update",
    "user.overrides.read",
    "user.overrides.write",
    "user.ownership.transfer",
    "user.people.export",
    "user.people.read",
    "user.people.update",
    "user.role_bindings.read",
    "user.role_bindings.write",
    "user.roles.read",
    "user.roles.write",
    "user.seats.update",
    "user.service_accounts.read",
    "user.service_accounts.write",
];

const ADMIN: &[&str] = &[
    "activity.facts.read",
    "activity.feed.read",
    "auth.api_keys.read",
    "auth.api_keys.write",
    "auth.clients.read",
    "auth.clients.write",
    "auth.sso.read",
    "events.attendance.mark",
    "events.event.create",
    "events.event.manage",
    "events.event.read",
    "events.rsvp.set",
    "notifier.messages.read",
    "provisioning.clients.create",
    "provisioning.clients.read",
    "provisioning.datasets.use",
    "provisioning.jobs.operate",
    "provisioning.jobs.read",
    "provisioning.sheets.read",
    "provisioning.sheets.update",
    "provisioning.troubles.read",
    "provisioning.troubles.work",
    "tenant.domains.read",
    "tenant.domains.write",
    "tenant.settings.read",
    "tenant.settings.update",
    "tenant.usage.read",
    "user.access.check",
    "user.glass.read",
    "user.groups.read",
    "user.groups.write",
    "user.invites.create",
    "user.invites.link",
    "user.invites.read",
    "user.members.read",
    "user.members.remove",
    "user.members.update",
    "user.overrides.read",
    "user.overrides.write",
    "user.role_bindings.read",
    "user.role_bindings.write",
    "user.roles.read",
    "user.roles.write",
    "user.service_accounts.read",
    "user.service_accounts.write",
];

/// What an owner may beside all that an admin may. No admin makes or unmakes an owner.
const OWNER_ALONE: &[&str] =
    &["auth.sso.write", "user.glass.close", "user.join_domains.write", "user.ownership.transfer"];

/// An admin's rights and the owner's own, sorted.
static OWNER_RIGHTS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut rights = [ADMIN, OWNER_ALONE].concat();
    rights.sort_unstable();
    rights
});

/// Brings clients in, which is to invite them: whoever is onboarded is invited in the name of who asked for it. Nobody
/// higher than themselves. Whether a job's step is taken as done or undone is decided by those who answer for the tenant.
const TENANT_OPERATOR: &[&str] = &[
    "activity.feed.read",
    "events.attendance.mark",
    "events.event.create",
    "events.event.manage",
    "events.event.read",
    "events.rsvp.set",
    "notifier.messages.read",
    "provisioning.clients.create",
    "provisioning.clients.read",
    "provisioning.datasets.use",
    "provisioning.jobs.read",
    "provisioning.sheets.read",
    "provisioning.sheets.update",
    "provisioning.troubles.read",
    "provisioning.troubles.work",
    "user.groups.read",
    "user.invites.create",
    "user.invites.read",
    "user.members.read",
];

const USER: &[&str] =
    &["activity.feed.read", "events.event.read", "user.groups.read", "user.members.read"];

const INSTRUCTOR: &[&str] = &[
    "activity.feed.read",
    "events.event.create",
    "events.event.read",
    "user.groups.read",
    "user.members.read",
];

const STUDENT: &[&str] = &["activity.feed.read", "events.event.read", "user.groups.read"];

const EVENTS_PARTICIPANT: &[&str] = &["events.event.read", "events.rsvp.set"];

const EVENTS_ORGANIZER: &[&str] =
    &["events.attendance.mark", "events.event.create", "events.event.manage", "events.event.read"];

const ADMIN_LITE: &[&str] = &[
    "tenant.tenants.read",
    "user.invites.create",
    "user.invites.read",
    "user.members.read",
    "user.members.update",
    "user.people.read",
    "user.people.update",
    "user.users.create",
];

const CLIENT: &[&str] = &[
    "activity.feed.read",
    "events.event.read",
    "provisioning.datasets.use",
    "provisioning.sheets.read",
    "user.groups.read",
];

impl Role {
    /// Every role, the platform's first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let platform = PlatformRole::ALL.iter().copied().map(Self::Platform);
        platform.chain(TenantRole::ALL.iter().copied().map(Self::Tenant))
    }

    /// What it allows, sorted.
    pub(crate) fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::Platform(PlatformRole::SuperAdmin) => SUPER_ADMIN,
            Self::Platform(PlatformRole::Operator) => PLATFORM_OPERATOR,
            Self::Platform(PlatformRole::AdminLite) => ADMIN_LITE,
            Self::Tenant(TenantRole::Owner) => &OWNER_RIGHTS,
            Self::Tenant(TenantRole::Admin) => ADMIN,
            Self::Tenant(TenantRole::Operator) => TENANT_OPERATOR,
            Self::Tenant(TenantRole::Client) => CLIENT,
            Self::Tenant(TenantRole::User) => USER,
            Self::Tenant(TenantRole::Instructor) => INSTRUCTOR,
            Self::Tenant(TenantRole::Student) => STUDENT,
            Self::Tenant(TenantRole::EventsParticipant) => EVENTS_PARTICIPANT,
            Self::Tenant(TenantRole::EventsOrganizer) => EVENTS_ORGANIZER,
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

    /// Whether the platform trusts whoever holds it, in every tenant.
    pub(crate) const fn is_trusted(self) -> bool {
        matches!(self, Self::Platform(PlatformRole::SuperAdmin))
    }

    /// Whether whoever acts may give it: a person gives no right that they lack; our own services answer for
    /// whom they let ask.
    pub(crate) fn may_be_given_by(self, cx: &Cx) -> Result<()> {
        let held = |permission: &&str| cx.may_give(permission);
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
    fn whoever_comes_to_events_answers_and_whoever_holds_them_leads() {
        let allowed = |role| Role::Tenant(role).permissions();
        let comes = ["events.event.read", "events.rsvp.set"];
        assert_eq!(allowed(TenantRole::EventsParticipant), comes);
        let holds = allowed(TenantRole::EventsOrganizer);
        for right in ["events.attendance.mark", "events.event.create", "events.event.manage"] {
            assert!(holds.contains(&right), "{right}");
        }
        // Whoever gives these roles holds what they allow.
        for giver in [TenantRole::Owner, TenantRole::Admin, TenantRole::Operator] {
            let own = allowed(giver);
            assert!(comes.iter().chain(holds).all(|right| own.contains(right)), "{giver}");
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
                "tenant.plans.read",
                "tenant.plans.write",
                "tenant.tenants.create",
                "tenant.tenants.operate",
                "tenant.tenants.read",
                "user.people.erase",
                "user.people.export",
                "user.people.read",
                "user.people.update",
                "user.seats.update",
                "user.users.create",
            ] {
                assert!(!role.permissions().contains(&beyond), "{role:?} holds {beyond}");
            }
        }
    }
}
