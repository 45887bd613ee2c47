//! The address that a person moved to.

use kernel::{Email, UserId};

/// By which address a person goes since they moved to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PersonAddress {
    pub(crate) user_id: UserId,
    /// Of two words of the user service the one of the higher version is the later.
    pub(crate) version: i64,
    pub(crate) email: Email,
}
