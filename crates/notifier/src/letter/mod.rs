//! Letters: what is written to whom, in which language.

mod email_change;
mod entry;
mod invitation;
mod names;
mod sign_up;

pub(crate) use email_change::EmailChange;
pub(crate) use entry::Entry;
pub(crate) use invitation::Invitation;
pub(crate) use sign_up::SignUp;

use std::fmt;

/// A letter ready to be sent. Its bodies carry one-time links and are never printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("subject", &self.subject).finish_non_exhaustive()
    }
}
