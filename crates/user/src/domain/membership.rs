//! A membership after somebody has come in: active, disabled or removed, and why.

use kernel::{Cx, Timestamp, UserId};

use crate::{
    Error, Result,
    domain::{Role, TenantRole},
};

kernel::closed_set! {
    /// Whether a membership counts.
    pub(crate) enum MemberStatus {
        /// It does.
        Active = "active",
        /// It was paused.
        Disabled = "disabled",
        /// It has ended; only an invitation begins it again.
        Removed = "removed",
    }
}

kernel::closed_set! {
    /// What brought a membership to its status.
    pub(crate) enum Cause {
        /// The person came in.
        Joined = "joined",
        /// Somebody who may changed it.
        ByHand = "by_hand",
        /// The person left.
        Left = "left",
    }
}

/// What can happen to a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Disable,
    Enable,
    Remove,
    Leave,
}

impl Turn {
    /// The status it ends in.
    pub(crate) const fn status(self) -> MemberStatus {
        match self {
            Self::Disable => MemberStatus::Disabled,
            Self::Enable => MemberStatus::Active,
            Self::Remove | Self::Leave => MemberStatus::Removed,
        }
    }

    pub(crate) const fn cause(self) -> Cause {
        match self {
            Self::Leave => Cause::Left,
            Self::Disable | Self::Enable | Self::Remove => Cause::ByHand,
        }
    }

    /// The audit action.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::Disable => "membership.disable",
            Self::Enable => "membership.enable",
            Self::Remove => "membership.remove",
            Self::Leave => "membership.leave",
        }
    }
}

/// A person's membership in one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) user_id: UserId,
    pub(crate) status: MemberStatus,
    pub(crate) cause: Cause,
    pub(crate) note: String,
    pub(crate) roles: Vec<String>,
    pub(crate) joined_at: Timestamp,
    pub(crate) changed_at: Timestamp,
}

impl Membership {
    /// Whether the person may come back without an invitation: who left may, and who was removed or paused may not.
    pub(crate) fn may_come_back(&self) -> bool {
        self.status == MemberStatus::Removed && self.cause == Cause::Left
    }

    /// Whether `turn` changes anything. What has ended is not paused or gone on with.
    pub(crate) fn takes(&self, turn: Turn) -> Result<bool> {
        match (self.status, turn.status()) {
            (held, wanted) if held == wanted => Ok(false),
            (MemberStatus::Removed, _) => Err(Error::MembershipEnded),
            _ => Ok(true),
        }
    }

    /// Whether whoever acts may do it: nobody acts on themselves but by leaving, and nobody on a right that they lack.
    pub(crate) fn may_be_changed_by(&self, cx: &Cx, turn: Turn) -> Result<()> {
        if turn == Turn::Leave {
            return Ok(());
        }
        if cx.user() == Some(self.user_id) {
            return Err(Error::OwnAccount);
        }
        let held = self.roles.iter().filter_map(|name| TenantRole::parse(name));
        held.map(Role::Tenant).try_for_each(|role| role.may_be_given_by(cx))
    }
}

/// Reads what somebody says of a change: at most 500 characters, no control characters.
pub(crate) fn note(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.chars().count() > 500 {
        return Err("is longer than 500 characters");
    }
    if text.chars().any(char::is_control) {
        return Err("holds control characters");
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Failure;
    use uuid::Uuid;

    fn membership(status: MemberStatus) -> Membership {
        Membership {
            user_id: Uuid::from_u128(1).into(),
            status,
            cause: Cause::Joined,
            note: String::new(),
            roles: Vec::new(),
            joined_at: jiff::Timestamp::UNIX_EPOCH.into(),
            changed_at: jiff::Timestamp::UNIX_EPOCH.into(),
        }
    }

    #[test]
    fn every_status_takes_every_turn_as_the_table_says() {
        use MemberStatus::{Active, Disabled, Removed};
        use Turn::{Disable, Enable, Leave, Remove};
        for (status, turn, expected) in [
            (Active, Disable, "changes"),
            (Active, Enable, "already"),
            (Active, Remove, "changes"),
            (Active, Leave, "changes"),
            (Disabled, Disable, "already"),
            (Disabled, Enable, "changes"),
            (Disabled, Remove, "changes"),
            (Disabled, Leave, "changes"),
            (Removed, Disable, "membership_ended"),
            (Removed, Enable, "membership_ended"),
            (Removed, Remove, "already"),
            (Removed, Leave, "already"),
        ] {
            let seen = match membership(status).takes(turn) {
                Ok(true) => "changes",
                Ok(false) => "already",
                Err(error) => error.reason(),
            };
            assert_eq!(seen, expected, "{status} {turn:?}");
        }
    }

    #[test]
    fn who_left_may_come_back_and_who_was_put_out_may_not() {
        let left = Membership { cause: Cause::Left, ..membership(MemberStatus::Removed) };
        assert!(left.may_come_back());
        for status in [MemberStatus::Removed, MemberStatus::Disabled] {
            let out = Membership { cause: Cause::ByHand, ..membership(status) };
            assert!(!out.may_come_back(), "{status}");
        }
    }

    #[test]
    fn a_note_is_a_line() {
        assert_eq!(note("  left the firm "), Ok("left the firm".into()));
        for bad in ["a\nb".to_owned(), "a\u{0}".into(), "я".repeat(501)] {
            assert!(note(&bad).is_err(), "{bad:?}");
        }
    }
}
