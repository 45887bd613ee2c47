//! How somebody stands towards a group, and what leads them from one standing to the next.

use kernel::{GroupId, PersonName, Timestamp, UserId};

use crate::domain::{GroupKind, GroupRefusal, JoinPolicy};

/// How many groups somebody is in, or asked to join: the end of the membership ends all of them at once.
pub(crate) const MOST_GROUPS: i64 = 500;

kernel::closed_set! {
    /// How somebody stands towards a group.
    pub(crate) enum GroupMemberStatus {
        /// Is a member.
        Active = "active",
        /// Asked to join.
        Pending = "pending",
        /// Asked in vain, or took the wish back.
        Declined = "declined",
        /// Was taken out by somebody.
        Removed = "removed",
        /// Went.
        Left = "left",
        /// Is a member, but the membership in the tenant is paused or the group archived. Never written.
        Suspended = "suspended",
    }
}

impl GroupMemberStatus {
    /// Whether somebody is in the group or asked to join.
    pub(crate) const fn is_near(self) -> bool {
        matches!(self, Self::Active | Self::Pending)
    }
}

/// Somebody in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupMember {
    pub(crate) group_id: GroupId,
    pub(crate) kind: GroupKind,
    pub(crate) user_id: UserId,
    pub(crate) name: PersonName,
    /// What was done last.
    pub(crate) written: GroupMemberStatus,
    /// Whether the membership in the tenant and the group are in use.
    pub(crate) counts: bool,
    pub(crate) role_hint: String,
    pub(crate) since: Timestamp,
}

impl GroupMember {
    pub(crate) fn status(&self) -> GroupMemberStatus {
        match self.written {
            GroupMemberStatus::Active if !self.counts => GroupMemberStatus::Suspended,
            written => written,
        }
    }
}

/// What can happen to somebody in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupStep {
    Add,
    Join,
    Approve,
    Decline,
    Remove,
    Leave,
}

impl GroupStep {
    /// The audit action.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::Add => "group_member.add",
            Self::Join => "group_member.join",
            Self::Approve => "group_member.approve",
            Self::Decline => "group_member.decline",
            Self::Remove => "group_member.remove",
            Self::Leave => "group_member.leave",
        }
    }

    /// Whether it brings somebody closer, which needs a group in use.
    pub(crate) const fn leads_in(self) -> bool {
        matches!(self, Self::Add | Self::Join | Self::Approve)
    }

    /// Whether somebody does it who runs the group.
    pub(crate) const fn is_by_hand(self) -> bool {
        !matches!(self, Self::Join | Self::Leave)
    }

    /// Where it leads from how somebody stands, where one comes in by this policy; the same where it was done before.
    pub(crate) fn from(
        self,
        policy: JoinPolicy,
        held: Option<GroupMemberStatus>,
    ) -> Result<GroupMemberStatus, GroupRefusal> {
        use GroupMemberStatus::{Active, Declined, Left, Pending, Removed};
        match (self, held) {
            (Self::Add, _) | (Self::Join | Self::Approve, Some(Active)) => Ok(Active),
            (Self::Join, Some(Pending)) => Ok(Pending),
            (Self::Join, _) => match (policy, held) {
                // Whom somebody removed or declined asks, also where others walk in.
                (JoinPolicy::Open, Some(Removed | Declined)) | (JoinPolicy::Request, _) => {
                    Ok(Pending)
                }
                (JoinPolicy::Open, _) => Ok(Active),
                (JoinPolicy::Invitation, _) => Err(GroupRefusal::InvitationOnly),
            },
            (_, None) => Err(GroupRefusal::GroupMemberNotFound),
            (Self::Approve, Some(Pending)) => Ok(Active),
            // Who takes the wish back asks anew, or whoever was removed would come back by it.
            (Self::Decline | Self::Leave, Some(Pending | Declined)) => Ok(Declined),
            (Self::Approve | Self::Decline, Some(_)) => Err(GroupRefusal::NotPending),
            (Self::Remove, Some(Active | Pending | Removed)) => Ok(Removed),
            (Self::Leave, Some(Active | Left)) => Ok(Left),
            (Self::Remove | Self::Leave, Some(ended)) => Ok(ended),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_standing_takes_every_step_as_the_table_says() {
        use GroupMemberStatus::{Active, Declined, Left, Pending, Removed};
        use GroupStep::{Add, Approve, Decline, Join, Leave, Remove};
        use JoinPolicy::{Invitation, Open, Request};
        let held = [None, Some(Active), Some(Pending), Some(Declined), Some(Removed), Some(Left)];
        for (step, policy, expected) in [
            (Add, Open, ["active", "active", "active", "active", "active", "active"]),
            (Join, Open, ["active", "active", "pending", "pending", "pending", "active"]),
            (Join, Request, ["pending", "active", "pending", "pending", "pending", "pending"]),
            (Join, Invitation, ["only", "active", "pending", "only", "only", "only"]),
            (Approve, Invitation, ["missing", "active", "active", "not", "not", "not"]),
            (Decline, Invitation, ["missing", "not", "declined", "declined", "not", "not"]),
            (Remove, Invitation, ["missing", "removed", "removed", "declined", "removed", "left"]),
            (Leave, Invitation, ["missing", "left", "declined", "declined", "removed", "left"]),
        ] {
            for (held, expected) in held.into_iter().zip(expected) {
                let seen = match step.from(policy, held) {
                    Ok(status) => status.as_str(),
                    Err(GroupRefusal::InvitationOnly) => "only",
                    Err(GroupRefusal::NotPending) => "not",
                    Err(GroupRefusal::GroupMemberNotFound) => "missing",
                    Err(other) => other.reason(),
                };
                assert_eq!(seen, expected, "{step:?} by {policy} from {held:?}");
            }
        }
    }
}
