//! An account: a person's place in a tenant, from the first invitation on, and what may be changed of it by hand.

use std::collections::BTreeSet;

use kernel::{Cx, Email, InviteId, PersonName, Timestamp, UserId};

use crate::{
    Error, Result,
    domain::{Role, TenantRole},
};

kernel::closed_set! {
    /// How somebody stands towards a tenant.
    pub(crate) enum AccountStatus {
        /// A member.
        Active = "active",
        /// A member whose membership was taken away, or whose account the platform closed.
        Disabled = "disabled",
        /// Has an invitation that opens.
        Invited = "invited",
        /// Did not accept in time.
        Expired = "expired",
        /// The invitation was taken back.
        Revoked = "revoked",
        /// Was a member.
        Removed = "removed",
    }
}

/// A person's place in one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) user_id: UserId,
    /// What old clients call the account.
    pub(crate) legacy_id: i64,
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    pub(crate) status: AccountStatus,
    /// Whether the person came in and was not removed since.
    pub(crate) is_member: bool,
    pub(crate) roles: Vec<String>,
    /// The newest invitation.
    pub(crate) invite_id: Option<InviteId>,
    pub(crate) created_at: Timestamp,
    pub(crate) joined_at: Option<Timestamp>,
}

/// What an account is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AccountKey {
    Id(UserId),
    Number(i64),
    Email(Email),
}

impl AccountKey {
    /// Reads an id, a number or an address.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.contains('@') {
            return Email::parse(text).map(Self::Email).map_err(|_| "is no e-mail address");
        }
        if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
            return text.parse().map(Self::Number).map_err(|_| "is too large a number");
        }
        UserId::parse(text)
            .map(Self::Id)
            .map_err(|_| "must be an id, a number or an e-mail address")
    }

    pub(crate) const fn user_id(&self) -> Option<UserId> {
        match self {
            Self::Id(id) => Some(*id),
            _ => None,
        }
    }

    pub(crate) const fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) const fn email(&self) -> Option<&Email> {
        match self {
            Self::Email(email) => Some(email),
            _ => None,
        }
    }
}

/// The wish to change an account; what is absent stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    pub(crate) name: Option<PersonName>,
    pub(crate) roles: Option<BTreeSet<TenantRole>>,
    pub(crate) is_active: Option<bool>,
}

/// What is to be done for a wish.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) name: Option<PersonName>,
    pub(crate) bind: Vec<TenantRole>,
    pub(crate) unbind: Vec<String>,
    /// The membership counts from now on, or does not.
    pub(crate) membership: Option<bool>,
    /// The invitation is taken back.
    pub(crate) revoke: Option<InviteId>,
}

impl Change {
    /// Whether nothing is to be done.
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether anybody's rights are others afterwards.
    pub(crate) fn moves_rights(&self) -> bool {
        !self.bind.is_empty() || !self.unbind.is_empty() || self.membership.is_some()
    }
}

impl Account {
    /// What `wish` takes here. Nobody changes their own rights, and nobody touches a right that they do not hold
    /// themselves.
    pub(crate) fn change(&self, cx: &Cx, wish: Wish) -> Result<Change> {
        let mut change =
            Change { name: wish.name.filter(|name| *name != self.name), ..Change::default() };
        if let Some(wanted) = wish.roles {
            self.change_roles(&wanted, &mut change)?;
        }
        if let Some(is_active) = wish.is_active {
            self.change_standing(is_active, &mut change)?;
        }
        if change.moves_rights() || change.revoke.is_some() {
            self.check(cx, &change)?;
        }
        Ok(change)
    }

    fn change_roles(&self, wanted: &BTreeSet<TenantRole>, change: &mut Change) -> Result<()> {
        let held = |role: &TenantRole| self.roles.iter().any(|held| held == role.as_str());
        // The tenant's own roles come and go by bindings alone: who says `roles` here does not mean them.
        let kept = |held: &String| match TenantRole::parse(held) {
            Some(role) => wanted.contains(&role),
            None => true,
        };
        change.bind = wanted.iter().copied().filter(|role| !held(role)).collect();
        change.unbind = self.roles.iter().filter(|held| !kept(held)).cloned().collect();
        if change.moves_rights() && !self.is_member {
            return Err(Error::NotJoined);
        }
        Ok(())
    }

    fn change_standing(&self, is_active: bool, change: &mut Change) -> Result<()> {
        match (self.status, is_active) {
            (AccountStatus::Active, false) => change.membership = Some(false),
            (AccountStatus::Disabled, true) if self.is_member => change.membership = Some(true),
            (AccountStatus::Invited | AccountStatus::Expired, false) => {
                change.revoke = self.invite_id;
            }
            (AccountStatus::Active, true)
            | (AccountStatus::Disabled | AccountStatus::Revoked | AccountStatus::Removed, false) => {
            }
            (_, true) => return Err(Error::NotJoined),
        }
        Ok(())
    }

    fn check(&self, cx: &Cx, change: &Change) -> Result<()> {
        if cx.user() == Some(self.user_id) {
            return Err(Error::OwnAccount);
        }
        let held = self.roles.iter().filter_map(|name| TenantRole::parse(name));
        held.chain(change.bind.iter().copied())
            .try_for_each(|role| Role::Tenant(role).may_be_given_by(cx))
    }
}
