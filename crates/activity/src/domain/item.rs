//! An item of the feed.

use kernel::{ActivityId, FactId, Timestamp};

/// One thing that happened, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) activity_id: ActivityId,
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) source: FactId,
    pub(crate) occurred_at: Timestamp,
}
