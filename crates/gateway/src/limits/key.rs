//! API keys that have a limit of their own.

use std::num::NonZeroU32;

use kernel::SessionId;

/// How many requests a minute an API key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyBudget {
    /// The key, which stands where a person's session does.
    pub(crate) key: SessionId,
    pub(crate) per_minute: NonZeroU32,
}
