//! What people of a tenant hold, as far as the tests go.

/// What an admin of a tenant holds, as far as these tests go.
pub(crate) const ADMIN: &[&str] = &[
    "activity.feed.read",
    "events.attendance.mark",
    "events.event.manage",
    "events.event.read",
    "events.rsvp.set",
    "provisioning.datasets.use",
    "provisioning.sheets.read",
    "user.glass.read",
    "user.groups.read",
    "user.invites.create",
    "user.invites.link",
    "user.invites.read",
    "user.members.read",
    "user.members.remove",
    "user.members.update",
];

/// What it takes to give, take and ask about rights.
pub(crate) const RIGHTS: &[&str] = &[
    "user.access.check",
    "user.overrides.read",
    "user.overrides.write",
    "user.role_bindings.read",
    "user.role_bindings.write",
    "user.roles.read",
    "user.roles.write",
];

/// What an owner holds beside both.
pub(crate) const OWNER: &[&str] = &[
    "activity.facts.read",
    "auth.api_keys.read",
    "auth.api_keys.write",
    "auth.clients.read",
    "auth.clients.write",
    "auth.sso.read",
    "auth.sso.write",
    "events.event.create",
    "notifier.messages.read",
    "provisioning.clients.create",
    "provisioning.clients.read",
    "provisioning.jobs.operate",
    "provisioning.jobs.read",
    "provisioning.sheets.update",
    "provisioning.troubles.read",
    "provisioning.troubles.work",
    "tenant.domains.read",
    "tenant.domains.write",
    "tenant.settings.read",
    "tenant.settings.update",
    "tenant.usage.read",
    "user.glass.close",
    "user.groups.write",
    "user.join_domains.write",
    "user.ownership.transfer",
    "user.service_accounts.read",
    "user.service_accounts.write",
];
