//! Why a passkey is refused.

use kernel::{Code, FieldViolation};

/// Why a passkey is refused.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyRefusal {
    /// The platform's address is no name that keys could be bound to.
    #[error("This platform has no passkeys: its public address is not a domain name.")]
    Off,
    /// Not a proof by a passkey of the person; why not is not told.
    #[error("The passkey does not fit, or was asked for elsewhere or too long ago; try again.")]
    Refused,
    /// What the device made is no passkey for here.
    #[error("The passkey that the device made cannot be taken; try again.")]
    Invalid,
    /// Nobody waits for this answer of a device.
    #[error(
        "The passkey was asked for elsewhere, too long ago, or was answered already; begin again."
    )]
    CeremonyOver,
    /// The person has no such passkey.
    #[error("There is no such passkey.")]
    NotFound,
    /// The key is known, as this person's or another's.
    #[error("This passkey is known already; make a new one.")]
    Taken,
    /// The person has as many as there may be.
    #[error("You have 20 passkeys, which is the most; remove one first.")]
    TooMany,
    /// Without it nobody could sign in.
    #[error(
        "This passkey is the only way to sign in; add another one, or set a password by \"Forgot the password?\", first."
    )]
    OnlyWayIn,
    /// What is kept of a passkey cannot be read or written.
    #[error("a passkey cannot be kept: {0}")]
    Unkept(String),
}

impl PasskeyRefusal {
    pub(crate) const fn code(&self) -> Code {
        match self {
            Self::Off | Self::Taken | Self::TooMany | Self::OnlyWayIn => Code::Conflict,
            Self::Refused => Code::Unauthenticated,
            Self::Invalid => Code::Invalid,
            Self::CeremonyOver => Code::Gone,
            Self::NotFound => Code::NotFound,
            Self::Unkept(_) => Code::Internal,
        }
    }

    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Off => "passkeys_off",
            Self::Refused => "passkey_refused",
            Self::Invalid => "passkey_invalid",
            Self::CeremonyOver => "ceremony_over",
            Self::NotFound => "passkey_not_found",
            Self::Taken => "passkey_taken",
            Self::TooMany => "too_many_passkeys",
            Self::OnlyWayIn => "only_way_in",
            Self::Unkept(_) => "passkey_unkept",
        }
    }

    pub(crate) fn fields(&self) -> Vec<FieldViolation> {
        match self {
            Self::Invalid => vec![FieldViolation::new("credential", "is not what was asked for")],
            _ => Vec::new(),
        }
    }
}
