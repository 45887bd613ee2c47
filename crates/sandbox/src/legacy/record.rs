//! What the legacy backend can do, and what it remembers of having been asked and of having done.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fault::Fault;

/// The operations.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// `POST /admin/spreadsheets/register`
    Register,
    /// `POST /admin/wb/tokens/add`
    TokensAdd,
    /// `POST /admin/wb/tokens/list`
    TokensList,
    /// `POST /ss/wb/token/get`
    TokenGet,
    /// `POST /ss/datasets/update`
    DatasetsUpdate,
    /// `POST /ss/datasets/data`
    DatasetsData,
    /// `POST /ss/datasets/upload`
    DatasetsUpload,
    /// `POST /actions`
    Actions,
    /// `GET /admin/metrics`
    Metrics,
    /// Any other path.
    Unknown,
}

/// One request, served or not.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
pub struct Call {
    /// Counts all calls since the journal began, from 0, in the order of arrival.
    pub number: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// What was asked.
    pub op: Op,
    /// The spreadsheet named in the body, if any.
    pub spreadsheet_id: Option<String>,
    /// Which credential of the configuration opened it, such as `api_key` or `keys[0]`; none when none did.
    #[serde(default)]
    pub key: Option<String>,
    /// The header `Idempotency-Key`.
    #[serde(default)]
    pub idempotency_key: Option<String>,
    /// The header `traceparent`.
    #[serde(default)]
    pub traceparent: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// The fault played on it, if any.
    pub fault: Option<Fault>,
    /// Whether the fault came from a script, not from the random mix.
    #[serde(default)]
    pub scripted: bool,
}

/// What the client was told.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// This status was sent.
    Answered {
        /// The HTTP status.
        status: u16,
    },
    /// The call was served with this status, and the client never got the answer, or not the whole of it.
    Lost {
        /// The HTTP status.
        status: u16,
    },
    /// The call was not served, and the connection closed without an answer.
    Hung,
}

/// One real change of the backend's state. A repeated call that changes nothing leaves none.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Effect {
    /// When it was made.
    pub at: Timestamp,
    /// The number of the call that made it; none when a [`Handle`](super::Handle) did.
    pub call: Option<u64>,
    /// Whose state changed.
    pub spreadsheet_id: String,
    /// What changed.
    #[serde(flatten)]
    pub kind: EffectKind,
}

/// The kinds of change.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum EffectKind {
    /// The spreadsheet was inserted.
    Registered {
        /// Its owner, when told.
        owner_email: Option<String>,
    },
    /// The spreadsheet has another owner.
    OwnerChanged {
        /// The new owner.
        owner_email: String,
    },
    /// The spreadsheet was switched on again.
    Activated,
    /// The spreadsheet was switched off.
    Deactivated,
    /// A token was stored for a seller: the first one, or another one.
    TokenStored {
        /// The seller.
        sid: String,
        /// The token's last 6 characters.
        token_suffix: String,
    },
    /// A seller's token was switched off.
    TokenDeactivated {
        /// The seller.
        sid: String,
    },
    /// The rows of a dataset were replaced.
    DatasetStored {
        /// The dataset.
        name: String,
        /// How many rows it holds now.
        rows: usize,
    },
}

/// What the backend knows of one spreadsheet, without secrets.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Spreadsheet {
    /// Its id.
    pub spreadsheet_id: String,
    /// Its owner, when told.
    pub owner_email: Option<String>,
    /// Whether `/ss/*` serves it.
    pub is_active: bool,
    /// Its tokens, by seller.
    pub tokens: Vec<TokenView>,
}

/// A token as it may be shown.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct TokenView {
    /// The seller.
    pub sid: String,
    /// Whether it is given out.
    pub is_active: bool,
    /// Its last 6 characters.
    pub token_suffix: String,
}
