//! Why a change of a group was refused.

use kernel::Code;

use crate::domain::{MOST_GROUPS, MOST_TEAMS};

/// A fact about a change of a group that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GroupRefusal {
    /// No such community or team of the tenant.
    #[error("There is no such community or team.")]
    GroupNotFound,
    /// It rests.
    #[error("This group is archived; restore it first.")]
    GroupArchived,
    /// The community that it belongs to rests.
    #[error("The community of this team is archived; restore it first.")]
    CommunityArchived,
    /// The person has nothing to do with the group.
    #[error("This person has nothing to do with this group.")]
    GroupMemberNotFound,
    /// Nobody joins by themselves.
    #[error("Members of this group are added; ask somebody who runs it.")]
    InvitationOnly,
    /// The person does not ask to join.
    #[error("This person is not waiting to join.")]
    NotPending,
    /// The person is no active member of the tenant.
    #[error("Only an active member of the tenant belongs to a group.")]
    NotActive,
    /// A team's members are its community's.
    #[error("Only members of the community belong to its teams; join the community first.")]
    NotInCommunity,
    /// The community has as many teams as may be.
    #[error(
        "A community has at most {} teams, those in the archive too; make another community.",
        MOST_TEAMS
    )]
    TooManyTeams,
    /// The person is in as many groups as may be.
    #[error(
        "A person is in at most {} groups, those they asked to join too; leave one first.",
        MOST_GROUPS
    )]
    TooManyGroups,
}

impl GroupRefusal {
    pub(crate) const fn code(self) -> Code {
        match self {
            Self::GroupNotFound | Self::GroupMemberNotFound => Code::NotFound,
            Self::InvitationOnly => Code::Denied,
            Self::GroupArchived
            | Self::CommunityArchived
            | Self::NotPending
            | Self::NotActive
            | Self::NotInCommunity
            | Self::TooManyTeams
            | Self::TooManyGroups => Code::Conflict,
        }
    }

    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::GroupNotFound => "group_not_found",
            Self::GroupArchived => "group_archived",
            Self::CommunityArchived => "community_archived",
            Self::GroupMemberNotFound => "group_member_not_found",
            Self::InvitationOnly => "invitation_only",
            Self::NotPending => "not_pending",
            Self::NotActive => "not_active",
            Self::NotInCommunity => "not_in_community",
            Self::TooManyTeams => "too_many_teams",
            Self::TooManyGroups => "too_many_groups",
        }
    }
}
