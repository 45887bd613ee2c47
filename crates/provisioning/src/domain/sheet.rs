//! A spreadsheet that a person works with, and what may be asked about its datasets.

use kernel::{ClientId, Timestamp, UserId};
use vault::Hint;

use super::{Claims, SpreadsheetId, Stage};

/// A person's workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sheet {
    pub(crate) user_id: UserId,
    pub(crate) spreadsheet_id: SpreadsheetId,
    pub(crate) is_active: bool,
    pub(crate) updated_at: Timestamp,
    /// What old clients call the person's onboarding, where there is one.
    pub(crate) client_legacy_id: Option<i64>,
    /// How far the onboarding of this very spreadsheet has come.
    pub(crate) stage: Option<Stage>,
}

/// What may be shown of a client's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenView {
    pub(crate) client_id: ClientId,
    pub(crate) hint: Hint,
    pub(crate) claims: Claims,
    pub(crate) spreadsheet_id: SpreadsheetId,
    pub(crate) client_legacy_id: i64,
    /// Whether the token still lives.
    pub(crate) is_active: bool,
}

/// Whether a spreadsheet serves its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Switch {
    On,
    Off,
}

impl Switch {
    /// As it is stored and told.
    pub(crate) const fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

impl From<bool> for Switch {
    fn from(is_on: bool) -> Self {
        if is_on { Self::On } else { Self::Off }
    }
}

kernel::closed_set! {
    /// What is asked of the backend about a dataset.
    pub(crate) enum DatasetVerb {
        /// Its rows.
        Read = "read",
        /// To replace its rows.
        Upload = "upload",
        /// To bring it up to date.
        Update = "update",
        /// To replace its rows by none.
        Clear = "clear",
    }
}
