//! What a person may do in a tenant: the roles bound there and those of the platform together.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{GroupId, Timestamp};
use serde::Deserialize;

use crate::domain::{Effect, PersonStatus, PolicyOverride, Scope, WHOLE_TENANT};

/// A role that holds in a part of the tenant, for a time, or through a group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Grant {
    pub(crate) role: String,
    #[serde(flatten)]
    pub(crate) scope: Scope,
    pub(crate) expires_at: Option<Timestamp>,
    /// The group through which it is held; absent where it is held directly.
    pub(crate) group_id: Option<GroupId>,
}

/// What is stored about a person's place in one tenant and on the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Absent for somebody nobody knows.
    pub(crate) person: Option<PersonStatus>,
    /// Roles bound in the whole tenant, by name.
    pub(crate) tenant_roles: Vec<String>,
    /// Roles bound on the platform, by name.
    pub(crate) platform_roles: Vec<String>,
    /// Roles bound in parts of the tenant, for a time, or to groups; ended ones too.
    pub(crate) grants: Vec<Grant>,
    /// Exceptions in the tenant; ended ones too.
    pub(crate) overrides: Vec<PolicyOverride>,
    /// What the tenant's own roles among these allow.
    pub(crate) custom_roles: BTreeMap<String, BTreeSet<String>>,
    /// Whether a membership counts, in the tenant or on the platform.
    pub(crate) member: bool,
    /// Until when the tenant's content is open to a member of the platform's staff.
    pub(crate) glass_until: Option<Timestamp>,
    pub(crate) epoch: i64,
}

/// What a person may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Effective {
    pub(crate) permissions: BTreeSet<String>,
    pub(crate) suspended: bool,
    pub(crate) system_admin: bool,
    pub(crate) epoch: i64,
    pub(crate) belongs: bool,
    /// Roles that hold in the whole tenant.
    pub(crate) roles: BTreeSet<String>,
}

impl Standing {
    /// Whether the person belongs to the tenant or to the platform's staff.
    pub(crate) fn belongs(&self) -> bool {
        self.person == Some(PersonStatus::Active) && self.member
    }

    /// The same without what a tenant need not know: whether somebody who does not belong to it has an account, or had.
    pub(crate) fn seen_from_here(self) -> Self {
        let person = self.person.filter(|_| self.member);
        Self { person, ..self }
    }

    /// Whether what the tenant's people wrote is open to this member of the platform's staff.
    pub(crate) fn sees_content(&self, now: Timestamp) -> bool {
        let trusted = self.held_in(&WHOLE_TENANT, now).any(|held| held.is_trusted());
        trusted && self.glass_until.is_some_and(|end| now < end)
    }

    /// What the person may do in the whole tenant at `now`: what roles and overrides allow, without what is denied.
    pub(crate) fn effective(&self, now: Timestamp) -> Effective {
        let held = || self.held_in(&WHOLE_TENANT, now);
        let mut permissions: BTreeSet<String> =
            held().flat_map(|held| held.permissions()).map(str::to_owned).collect();
        let in_force =
            || self.overrides.iter().filter(|one| one.expires_at.is_none_or(|end| end > now));
        if self.belongs() {
            let allowed = in_force().filter(|one| one.effect == Effect::Allow);
            permissions.extend(allowed.filter_map(|one| one.permission.clone()));
        }
        for denial in in_force().filter(|one| one.effect == Effect::Deny) {
            match &denial.permission {
                Some(permission) => _ = permissions.remove(permission),
                None => permissions.clear(),
            }
        }
        Effective {
            permissions,
            suspended: self.person == Some(PersonStatus::Disabled),
            system_admin: held().any(|held| held.is_trusted()),
            epoch: self.epoch,
            belongs: self.belongs(),
            roles: held().map(|held| held.role.to_owned()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{Question, Reason};

    const TEAM: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e1f";
    const OTHER_TEAM: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e20";

    fn now() -> Timestamp {
        jiff::Timestamp::UNIX_EPOCH.into()
    }

    fn hours(hours: u64) -> Timestamp {
        now().after(Duration::from_secs(hours * 3600))
    }

    fn standing(person: PersonStatus, tenant: &[&str], platform: &[&str]) -> Standing {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Standing {
            person: Some(person),
            tenant_roles: owned(tenant),
            platform_roles: owned(platform),
            grants: Vec::new(),
            overrides: Vec::new(),
            custom_roles: BTreeMap::new(),
            member: true,
            glass_until: None,
            epoch: 3,
        }
    }

    fn active(tenant: &[&str]) -> Standing {
        standing(PersonStatus::Active, tenant, &[])
    }

    fn says(effect: Effect, permission: Option<&str>, end: Option<Timestamp>) -> PolicyOverride {
        PolicyOverride {
            override_id: uuid::Uuid::nil(),
            user_id: uuid::Uuid::nil().into(),
            effect,
            permission: permission.map(str::to_owned),
            reason: "because".into(),
            expires_at: end,
            made_at: now(),
            made_by: "user:x".into(),
        }
    }

    fn with(mut standing: Standing, overrides: &[PolicyOverride]) -> Standing {
        standing.overrides = overrides.to_vec();
        standing
    }

    fn grant(role: &str, kind: &str, id: &str, end: Option<Timestamp>) -> Standing {
        let scope = Scope::parse(kind, id).expect("a place");
        let grants = vec![Grant { role: role.into(), scope, expires_at: end, group_id: None }];
        Standing { grants, ..active(&[]) }
    }

    fn asked(permission: &str, team: Option<&str>) -> Question {
        let scope =
            team.map_or(WHOLE_TENANT.clone(), |id| Scope::parse("team", id).expect("a team"));
        Question { permission: permission.into(), scope }
    }

    #[test]
    fn a_word_means_the_role_of_its_scope() {
        let here = active(&["operator"]).effective(now());
        let above = standing(PersonStatus::Active, &[], &["operator"]).effective(now());
        assert!(!here.permissions.contains("tenant.tenants.create"));
        assert!(above.permissions.contains("tenant.tenants.create"));
        let misplaced = standing(PersonStatus::Active, &["super_admin"], &["owner"]);
        let misplaced = misplaced.effective(now());
        assert!(misplaced.permissions.is_empty() && !misplaced.system_admin);
    }

    #[test]
    fn who_is_not_active_may_nothing() {
        for person in [PersonStatus::Invited, PersonStatus::Disabled] {
            let allowed = says(Effect::Allow, Some("events.event.read"), None);
            let rights = with(standing(person, &["owner"], &["super_admin"]), &[allowed]);
            let rights = rights.effective(now());
            assert!(rights.permissions.is_empty() && !rights.system_admin && !rights.belongs);
            assert_eq!(rights.suspended, person == PersonStatus::Disabled);
        }
    }

    /// Who, whether the permission is known, what is asked and in which team, and the answer.
    type Row = (&'static str, Standing, bool, &'static str, Option<&'static str>, Reason);

    fn rows() -> Vec<Row> {
        use Effect::{Allow, Deny};
        const READ: &str = "events.event.read";
        const CREATE: &str = "events.event.create";
        let deny = |permission| says(Deny, permission, None);
        let allow = |permission| says(Allow, Some(permission), Some(hours(1)));
        let ended = |effect| says(effect, Some(READ), Some(now()));
        let root = || standing(PersonStatus::Active, &[], &["super_admin"]);
        let stranger = || Standing { member: false, ..active(&[]) };
        let custom = || Standing {
            custom_roles: BTreeMap::from([("front".into(), BTreeSet::from([CREATE.to_owned()]))]),
            ..active(&["front"])
        };
        let closed = || standing(PersonStatus::Disabled, &["owner"], &["super_admin"]);
        vec![
            (
                "unknown comes first",
                root(),
                false,
                "no.such.thing",
                None,
                Reason::UnknownPermission,
            ),
            (
                "unknown before suspended",
                closed(),
                false,
                "no.such.thing",
                None,
                Reason::UnknownPermission,
            ),
            ("suspended before trusted", closed(), true, READ, None, Reason::MasterSuspended),
            (
                "suspended before allowed",
                with(closed(), &[allow(READ)]),
                true,
                READ,
                None,
                Reason::MasterSuspended,
            ),
            ("trusted", root(), true, READ, None, Reason::MasterSystemAdmin),
            (
                "trusted before denied",
                with(root(), &[deny(None)]),
                true,
                READ,
                None,
                Reason::MasterSystemAdmin,
            ),
            (
                "trusted, but not with content",
                root(),
                true,
                "reports.report.read",
                None,
                Reason::RbacDeny,
            ),
            (
                "the glass is broken",
                Standing { glass_until: Some(hours(1)), ..root() },
                true,
                "reports.report.read",
                None,
                Reason::BreakGlass,
            ),
            (
                "let in for a time",
                with(root(), &[allow("reports.report.read")]),
                true,
                "reports.report.read",
                None,
                Reason::PolicyAllow,
            ),
            (
                "denied before allowed",
                with(active(&["owner"]), &[allow(READ), deny(Some(READ))]),
                true,
                READ,
                None,
                Reason::PolicyDeny,
            ),
            (
                "denied before roles",
                with(active(&["owner"]), &[deny(Some(READ))]),
                true,
                READ,
                None,
                Reason::PolicyDeny,
            ),
            (
                "denied everything",
                with(active(&["owner"]), &[deny(None)]),
                true,
                READ,
                Some(TEAM),
                Reason::PolicyDeny,
            ),
            (
                "denied another thing",
                with(active(&["user"]), &[deny(Some(CREATE))]),
                true,
                READ,
                None,
                Reason::RbacAllow,
            ),
            (
                "no longer denied",
                with(active(&["user"]), &[ended(Deny)]),
                true,
                READ,
                None,
                Reason::RbacAllow,
            ),
            (
                "allowed without a role",
                with(active(&[]), &[allow(READ)]),
                true,
                READ,
                Some(TEAM),
                Reason::PolicyAllow,
            ),
            (
                "no longer allowed",
                with(active(&[]), &[ended(Allow)]),
                true,
                READ,
                None,
                Reason::NoRole,
            ),
            (
                "allowed, but gone",
                with(stranger(), &[allow(READ)]),
                true,
                READ,
                None,
                Reason::NoRole,
            ),
            ("a role", active(&["user"]), true, READ, None, Reason::RbacAllow),
            (
                "a role of the tenant, in a team",
                active(&["user"]),
                true,
                READ,
                Some(TEAM),
                Reason::RbacAllow,
            ),
            ("a role that does not", active(&["user"]), true, CREATE, None, Reason::RbacDeny),
            ("a role of the tenant's own", custom(), true, CREATE, None, Reason::RbacAllow),
            ("its own, that does not", custom(), true, READ, None, Reason::RbacDeny),
            ("its own, that is gone", active(&["front"]), true, CREATE, None, Reason::NoRole),
            (
                "in the team",
                grant("user", "team", TEAM, None),
                true,
                READ,
                Some(TEAM),
                Reason::RbacAllow,
            ),
            (
                "in another team",
                grant("user", "team", TEAM, None),
                true,
                READ,
                Some(OTHER_TEAM),
                Reason::NoRole,
            ),
            (
                "not beyond the team",
                grant("user", "team", TEAM, None),
                true,
                READ,
                None,
                Reason::NoRole,
            ),
            (
                "for a time",
                grant("user", "", "", Some(hours(1))),
                true,
                READ,
                None,
                Reason::RbacAllow,
            ),
            (
                "its time is over",
                grant("user", "", "", Some(now())),
                true,
                READ,
                None,
                Reason::NoRole,
            ),
            ("nobody", stranger(), true, READ, None, Reason::NoRole),
        ]
    }

    #[test]
    fn questions_are_decided_in_one_order() {
        for (who, standing, known, permission, team, expected) in rows() {
            let reason = standing.decide(known, &asked(permission, team), now());
            assert_eq!(reason, expected, "{who}");
        }
    }

    #[test]
    fn every_reason_has_a_row() {
        let seen: BTreeSet<Reason> = rows().into_iter().map(|row| row.5).collect();
        assert_eq!(seen.len(), Reason::ALL.len());
    }

    #[test]
    fn content_is_open_to_trusted_staff_for_as_long_as_the_glass_is_broken_and_to_nobody_else() {
        let asked =
            Question { permission: "reports.report.read".into(), scope: WHOLE_TENANT.clone() };
        let staff = |role: &str| Standing {
            glass_until: Some(hours(1)),
            ..standing(PersonStatus::Active, &[], &[role])
        };
        let trusted = staff("super_admin");
        assert_eq!(trusted.decide(true, &asked, now()), Reason::BreakGlass);
        assert!(Reason::BreakGlass.allows() && trusted.sees_content(now()));
        assert_eq!(trusted.decide(true, &asked, hours(1)), Reason::RbacDeny);
        assert_eq!(trusted.decide(false, &asked, now()), Reason::UnknownPermission);
        let denied = with(staff("super_admin"), &[says(Effect::Deny, None, None)]);
        assert_eq!(denied.decide(true, &asked, now()), Reason::PolicyDeny);
        let lite = staff("admin_lite");
        assert!(!lite.sees_content(now()));
        assert_eq!(lite.decide(true, &asked, now()), Reason::RbacDeny);
        let closed = Standing { person: Some(PersonStatus::Disabled), ..staff("super_admin") };
        assert_eq!(closed.decide(true, &asked, now()), Reason::MasterSuspended);
        assert!(!closed.sees_content(now()));
    }

    #[test]
    fn what_a_passport_says_is_what_is_decided_for_the_whole_tenant() {
        for (who, standing, known, permission, team, _) in rows() {
            if !known || team.is_some() || permission.starts_with("reports.") {
                continue;
            }
            let rights = standing.effective(now());
            let says = !rights.suspended
                && (rights.system_admin || rights.permissions.contains(permission));
            let decided = standing.decide(known, &asked(permission, team), now()).allows();
            assert_eq!(says, decided, "{who}");
        }
    }
}
