//! Why a link makes nobody the platform's first administrator.

use kernel::Code;

/// A fact about such a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SetupRefusal {
    /// Never made, or a newer one took its place.
    #[error("This link is unknown, or a newer one was made; run `usher setup` for another.")]
    Unknown,
    /// Somebody came in by it.
    #[error("This link was used; sign in instead.")]
    Used,
    /// Its day is over.
    #[error("This link has expired; run `usher setup` for another.")]
    Expired,
    /// Somebody whom the platform trusts is there already.
    #[error("This platform has an administrator, who makes all others.")]
    Administered,
}

impl SetupRefusal {
    pub(crate) const fn code(self) -> Code {
        match self {
            Self::Unknown => Code::NotFound,
            Self::Used | Self::Expired => Code::Gone,
            Self::Administered => Code::Conflict,
        }
    }

    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Unknown => "setup_link_not_found",
            Self::Used => "setup_link_used",
            Self::Expired => "setup_link_expired",
            Self::Administered => "platform_administered",
        }
    }
}
