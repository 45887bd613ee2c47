//! Which of a tenant's runs goes first.

kernel::closed_set! {
    /// The place of a run among its tenant's own; tenants take turns whatever their priorities.
    ///
    /// A priority is a head start in time, kept for the whole run: nothing waits for ever. A normal run waits for no
    /// high one that was started more than 15 minutes after it, and a low one for no normal one that was started more
    /// than an hour after it.
    pub enum Priority {
        /// Somebody is waiting for it.
        High = "high",
        /// The ordinary case.
        Normal = "normal",
        /// Whenever there is room.
        Low = "low",
    }
}

impl Priority {
    /// How far its place in the queue is from that of a normal run started in the same moment; seconds, less is earlier.
    pub(crate) const fn shift_seconds(self) -> i32 {
        match self {
            Self::High => -15 * 60,
            Self::Normal => 0,
            Self::Low => 60 * 60,
        }
    }
}
