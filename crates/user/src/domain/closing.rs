//! Whether the platform may close somebody's account.

use std::collections::BTreeSet;

use kernel::{Cx, TenantId};

use crate::{
    Error, Result,
    domain::{KnownPerson, PersonStatus, PlatformRole, Role},
};

/// What is to become of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closing {
    Close,
    Open,
}

impl KnownPerson {
    /// Whether `closing` changes anything.
    pub(crate) fn takes(&self, closing: Closing) -> bool {
        (self.status == PersonStatus::Disabled) != (closing == Closing::Close)
    }

    /// The status once the account is open: whoever never came in is still invited, and who was erased is nobody.
    pub(crate) fn opened(&self) -> Result<PersonStatus> {
        match (self.erased_at, self.activated_at) {
            (Some(_), _) => Err(Error::PersonErased),
            (None, Some(_)) => Ok(PersonStatus::Active),
            (None, None) => Ok(PersonStatus::Invited),
        }
    }

    /// Whether whoever acts may do it: nobody acts on themselves, and nobody on a right of the platform that they lack.
    pub(crate) fn may_be_closed_by(&self, cx: &Cx) -> Result<()> {
        if cx.user() == Some(self.user_id) {
            return Err(Error::OwnAccount);
        }
        let held = self.platform_roles.iter().filter_map(|name| PlatformRole::parse(name));
        held.map(Role::Platform).try_for_each(|role| role.may_be_given_by(cx))
    }

    /// Refuses to leave a tenant without an owner that was not named.
    pub(crate) fn keeps_owners(&self, named: &BTreeSet<TenantId>) -> Result<()> {
        let left: Vec<TenantId> =
            self.sole_owner_of.iter().copied().filter(|tenant| !named.contains(tenant)).collect();
        if left.is_empty() { Ok(()) } else { Err(Error::SoleOwner(left)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Clock, Email, Failure, PersonName};
    use uuid::Uuid;

    fn person(status: PersonStatus, roles: &[&str], owned: &[u128]) -> KnownPerson {
        KnownPerson {
            user_id: Uuid::from_u128(1).into(),
            email: Email::parse("ann@example.com").expect("an address"),
            name: PersonName::parse("Ann").expect("a name"),
            status,
            closed_note: String::new(),
            created_at: jiff::Timestamp::UNIX_EPOCH.into(),
            activated_at: Some(jiff::Timestamp::UNIX_EPOCH.into()),
            erased_at: None,
            platform_roles: roles.iter().map(|&role| role.to_owned()).collect(),
            sole_owner_of: owned.iter().map(|&id| Uuid::from_u128(id).into()).collect(),
        }
    }

    #[test]
    fn what_stands_as_wished_is_not_changed() {
        use Closing::{Close, Open};
        for (status, closing, changes) in [
            (PersonStatus::Active, Close, true),
            (PersonStatus::Active, Open, false),
            (PersonStatus::Invited, Close, true),
            (PersonStatus::Disabled, Close, false),
            (PersonStatus::Disabled, Open, true),
        ] {
            assert_eq!(person(status, &[], &[]).takes(closing), changes, "{status} {closing:?}");
        }
        let never = KnownPerson { activated_at: None, ..person(PersonStatus::Disabled, &[], &[]) };
        assert_eq!(never.opened().ok(), Some(PersonStatus::Invited));
        let erased = KnownPerson { erased_at: Some(never.created_at), ..never };
        assert_eq!(erased.opened().map_err(|error| error.reason()), Err("person_erased"));
    }

    #[test]
    fn nobody_closes_whoever_may_what_they_may_not() {
        let mut cx = Cx::of_service(
            "gateway",
            None,
            &Clock::standing_at(jiff::Timestamp::UNIX_EPOCH.into()),
        );
        let session = Uuid::from_u128(3).into();
        cx.actor = kernel::Actor::User { id: Uuid::from_u128(2).into(), session };
        let closes = |roles: &[&str]| {
            let closed = person(PersonStatus::Active, roles, &[]).may_be_closed_by(&cx);
            closed.map_err(|error| error.reason())
        };
        assert_eq!(closes(&[]), Ok(()));
        assert_eq!(closes(&["super_admin"]), Err("role_above_own"));
        cx.actor = kernel::Actor::User { id: Uuid::from_u128(1).into(), session };
        let own = person(PersonStatus::Active, &[], &[]).may_be_closed_by(&cx);
        assert_eq!(own.map_err(|error| error.reason()), Err("own_account"));
    }

    #[test]
    fn every_tenant_that_is_left_is_named() {
        let sole = person(PersonStatus::Active, &[], &[7, 8]);
        let named = |ids: &[u128]| ids.iter().map(|&id| Uuid::from_u128(id).into()).collect();
        assert!(sole.keeps_owners(&named(&[7, 8, 9])).is_ok());
        let Err(Error::SoleOwner(left)) = sole.keeps_owners(&named(&[8])) else {
            panic!("one is left");
        };
        assert_eq!(left, [Uuid::from_u128(7).into()]);
    }
}
