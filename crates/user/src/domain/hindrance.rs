//! Why somebody cannot be brought in this way.

use kernel::{Code, FieldViolation};

/// A fact about a way in that is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Hindrance {
    /// An invitation would give a role that the tenant does not have.
    #[error("The tenant has no such role; see GET /v1/roles and GET /v1/custom-roles.")]
    RoleUnknown,
    /// No such list in the tenant.
    #[error("There is no such list of invitations.")]
    BatchNotFound,
    /// Every row of the list has its outcome.
    #[error("This list has been worked off already.")]
    BatchEnded,
    /// Whoever asked for a list was removed from the tenant, or may not invite any more.
    #[error("Whoever asked for this list may not invite any more; a colleague can ask for it.")]
    InviterGone,
    /// No such link in the tenant, or a text that is none.
    #[error("There is no such link.")]
    JoinLinkNotFound,
    /// A link that was ended, is used up or too old, or whose maker may not give its roles any more.
    #[error("This link works no more; ask whoever gave it to you for an invitation.")]
    JoinLinkClosed,
    /// A link is for addresses of other domains.
    #[error("This link is for addresses of other domains.")]
    DomainNotAdmitted,
    /// Who was paused or removed comes back by an invitation alone.
    #[error("You were a member here; ask a colleague for an invitation.")]
    NotLetBack,
    /// The tenant lets nobody of this person's domain in, or there is no such tenant.
    #[error("There is no such workspace to join.")]
    NotJoinable,
    /// As many domains as a tenant may have.
    #[error("A tenant lets the people of at most 50 domains in; delete one first.")]
    TooManyDomains,
    /// Nobody of this id asked.
    #[error("There is no such request.")]
    RequestNotFound,
    /// Somebody decided otherwise.
    #[error("This request was decided already.")]
    RequestDecided,
    /// The person was declined less than a week ago.
    #[error("You were declined; you may ask again a week after that.")]
    AskedLately,
    /// The tenant made as many invitations today as it may.
    #[error("This tenant has made as many invitations today as it may; go on tomorrow.")]
    TenantBudget,
    /// No secret can be drawn.
    #[error("The system gives no randomness.")]
    NoRandomness,
}

impl Hindrance {
    pub(crate) const fn code(self) -> Code {
        match self {
            Self::RoleUnknown => Code::Invalid,
            Self::BatchNotFound
            | Self::JoinLinkNotFound
            | Self::NotJoinable
            | Self::RequestNotFound => Code::NotFound,
            Self::BatchEnded | Self::TooManyDomains | Self::RequestDecided => Code::Conflict,
            Self::InviterGone | Self::DomainNotAdmitted | Self::NotLetBack => Code::Denied,
            Self::JoinLinkClosed => Code::Gone,
            Self::AskedLately | Self::TenantBudget => Code::Exhausted,
            Self::NoRandomness => Code::Unavailable,
        }
    }

    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::RoleUnknown => "role_unknown",
            Self::BatchNotFound => "invite_batch_not_found",
            Self::BatchEnded => "invite_batch_ended",
            Self::InviterGone => "inviter_gone",
            Self::JoinLinkNotFound => "join_link_not_found",
            Self::JoinLinkClosed => "join_link_closed",
            Self::DomainNotAdmitted => "domain_not_admitted",
            Self::NotLetBack => "not_let_back",
            Self::NotJoinable => "not_joinable",
            Self::TooManyDomains => "too_many_join_domains",
            Self::RequestNotFound => "join_request_not_found",
            Self::RequestDecided => "join_request_decided",
            Self::AskedLately => "asked_lately",
            Self::TenantBudget => "tenant_budget",
            Self::NoRandomness => "no_randomness",
        }
    }

    pub(crate) fn fields(self) -> Vec<FieldViolation> {
        match self {
            Self::RoleUnknown => vec![FieldViolation::new("role", "is no role of the tenant")],
            Self::DomainNotAdmitted => {
                vec![FieldViolation::new("email", "is of a domain that the link does not admit")]
            }
            _ => Vec::new(),
        }
    }
}
