//! Why a ban is not made or lifted.

use kernel::{Code, FieldViolation};

/// A fact about a ban.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BanRefusal {
    /// No such ban holds.
    #[error("There is no such ban.")]
    NotFound,
    /// Whoever bans sits in the network.
    #[error("You call from this network yourself; banning it would shut you out.")]
    OwnAddress,
}

impl BanRefusal {
    pub(crate) const fn code(self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::OwnAddress => Code::Conflict,
        }
    }

    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::NotFound => "ban_not_found",
            Self::OwnAddress => "ban_of_own_address",
        }
    }

    pub(crate) fn fields(self) -> Vec<FieldViolation> {
        match self {
            Self::OwnAddress => vec![FieldViolation::new("source", "holds your own address")],
            Self::NotFound => Vec::new(),
        }
    }
}
