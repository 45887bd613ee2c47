//! The instants of a client's journey that the funnel counts.

use super::Stage;

kernel::closed_set! {
    /// What happened to a client for the first time.
    pub(crate) enum Milestone {
        /// The person was invited.
        Invited = "invited",
        /// The person accepted.
        Accepted = "accepted",
        /// The workspace became active.
        Active = "active",
        /// Provisioning failed for good.
        Failed = "failed",
        /// The backend updated the client's data.
        Updated = "updated",
    }
}

impl Milestone {
    /// What a client passes by coming to `stage`.
    pub(crate) const fn of(stage: Stage) -> Option<Self> {
        match stage {
            Stage::EmailConfirmed => Some(Self::Accepted),
            Stage::Active => Some(Self::Active),
            Stage::Failed => Some(Self::Failed),
            Stage::Invited
            | Stage::WorkspaceRegistered
            | Stage::TokenAdded
            | Stage::Validated
            | Stage::Expired
            | Stage::Revoked => None,
        }
    }
}
