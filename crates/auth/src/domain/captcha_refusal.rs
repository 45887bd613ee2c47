//! Why an operation is not done for want of a proof.

use kernel::{Code, FieldViolation};

/// A fact about a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CaptchaRefusal {
    /// None was sent.
    #[error(
        "This takes a proof in the header Captcha-Response; GET /v1/captcha says of which kind."
    )]
    Required,
    /// Forged, too old, of another operation, too little work, or used before; which of these is not told.
    #[error("The proof does not count, or not any more; make a new one and try again.")]
    Refused,
    /// Whoever checks proofs is away, or our account there is not in order.
    #[error("Proofs cannot be checked at the moment; try again shortly.")]
    Unavailable,
    /// No marked operation has this id.
    #[error("No operation of this id takes a proof.")]
    OperationUnknown,
    /// The platform asks for another kind of proof, or for none.
    #[error("The platform asks for no work; GET /v1/captcha says what it asks for.")]
    NoWork,
}

impl CaptchaRefusal {
    pub(crate) const fn code(self) -> Code {
        match self {
            Self::Required | Self::Refused => Code::Denied,
            Self::Unavailable => Code::Unavailable,
            Self::OperationUnknown => Code::Invalid,
            Self::NoWork => Code::Conflict,
        }
    }

    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Required => "captcha_required",
            Self::Refused => "captcha_refused",
            Self::Unavailable => "captcha_unavailable",
            Self::OperationUnknown => "operation_unknown",
            Self::NoWork => "no_captcha_work",
        }
    }

    pub(crate) fn fields(self) -> Vec<FieldViolation> {
        match self {
            Self::OperationUnknown => {
                vec![FieldViolation::new("operation", "is no operation that takes a proof")]
            }
            _ => Vec::new(),
        }
    }
}
