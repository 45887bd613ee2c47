//! Why a new person's passkey is not taken.

use kernel::{Code, FieldViolation};

/// A fact about the passkey of somebody who accepts an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyRefusal {
    /// What the invited person's device made is not what was asked for.
    #[error(
        "The passkey was asked for elsewhere or too long ago, or cannot be taken; begin again."
    )]
    Refused,
    /// The platform's address is no name that passkeys could be bound to.
    #[error("This platform has no passkeys; choose a password.")]
    Off,
    /// The invited person has a way to sign in.
    #[error("You have an account with this address: sign in, then open the link again.")]
    SignInInstead,
}

impl PasskeyRefusal {
    pub(crate) const fn code(self) -> Code {
        match self {
            Self::Refused => Code::Invalid,
            Self::Off | Self::SignInInstead => Code::Conflict,
        }
    }

    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Refused => "passkey_refused",
            Self::Off => "passkeys_off",
            Self::SignInInstead => "sign_in_instead",
        }
    }

    pub(crate) fn fields(self) -> Vec<FieldViolation> {
        match self {
            Self::Refused => {
                vec![FieldViolation::new("passkeyCredential", "is not what was asked for")]
            }
            Self::Off | Self::SignInInstead => Vec::new(),
        }
    }
}
