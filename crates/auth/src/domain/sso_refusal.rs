//! Why single sign-on is refused.

use kernel::{Code, FieldViolation};

/// Why single sign-on is refused.
#[derive(Debug, thiserror::Error)]
pub enum SsoRefusal {
    /// A provider opened the session: it changes nothing that guards the account.
    #[error(
        "Your workspace's provider signed you in; sign in by your own password or passkey for this."
    )]
    Session,
    /// The tenant has no such connection, or it is not enabled.
    #[error("There is no such single sign-on.")]
    NotFound,
    /// The tenant has as many connections as there may be.
    #[error("The workspace has 10 connections, which is the most; end one first.")]
    TooMany,
    /// The tenant is connected with this client of this provider.
    #[error("This client of this provider is connected already.")]
    Taken,
    /// The provider cannot be asked, or is another one.
    #[error("The provider cannot be used: {0}.")]
    Provider(String),
    /// A domain that the tenant has not proven.
    #[error("The workspace has not proven the domain {0}; add it under its domains first.")]
    NotProven(String),
    /// What came back from the provider is not good; why not is not told.
    #[error("The sign-in did not succeed, or took too long; begin again.")]
    Refused,
    /// The address that the provider vouches for has an account.
    #[error("This address has an account: sign in as you do, then link it.")]
    LinkFirst,
    /// Somebody new whom the tenant does not let in.
    #[error("The workspace does not let you in by this way; ask for an invitation.")]
    NotAdmitted,
    /// The provider vouches for an address that the invitation does not let in.
    #[error(
        "The provider vouches for another address than the invited one; accept the invitation otherwise, or ask to be invited by yours."
    )]
    OtherAddress,
    /// The invitation that was to be accepted is open no more, or never was.
    #[error("The invitation is open no more; open its link again to see why.")]
    InvitationClosed,
    /// The account is linked, or somebody else's is.
    #[error("This account, or this person at the provider, is linked already.")]
    Linked,
}

impl SsoRefusal {
    pub(crate) const fn code(&self) -> Code {
        match self {
            Self::Session | Self::NotAdmitted | Self::OtherAddress => Code::Denied,
            Self::InvitationClosed => Code::Gone,
            Self::NotFound => Code::NotFound,
            Self::TooMany | Self::Taken | Self::LinkFirst | Self::Linked => Code::Conflict,
            Self::Provider(_) | Self::NotProven(_) => Code::Invalid,
            Self::Refused => Code::Unauthenticated,
        }
    }

    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Session => "sso_session",
            Self::NotFound => "sso_not_found",
            Self::TooMany => "too_many_connections",
            Self::Taken => "sso_taken",
            Self::Provider(_) => "provider_refused",
            Self::NotProven(_) => "domain_not_proven",
            Self::Refused => "sso_refused",
            Self::LinkFirst => "sso_link_first",
            Self::NotAdmitted => "sso_not_admitted",
            Self::OtherAddress => "sso_other_address",
            Self::InvitationClosed => "sso_invitation_closed",
            Self::Linked => "sso_linked",
        }
    }

    pub(crate) fn fields(&self) -> Vec<FieldViolation> {
        match self {
            Self::Provider(problem) => {
                vec![FieldViolation::new("issuer", format!("cannot be used: {problem}"))]
            }
            Self::NotProven(domain) => {
                vec![FieldViolation::new("domains", format!("{domain} is not proven"))]
            }
            _ => Vec::new(),
        }
    }
}
