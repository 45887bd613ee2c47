//! What went wrong on the platform, until somebody closes it.

use kernel::{IncidentId, Timestamp};

kernel::closed_set! {
    /// How bad it is.
    pub(crate) enum Severity {
        /// Somebody was annoyed.
        Minor = "minor",
        /// Something did not work.
        Major = "major",
        /// Data or access was at risk: no promotion while it is open.
        Critical = "critical",
    }
}

/// An incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incident {
    pub(crate) incident_id: IncidentId,
    pub(crate) severity: Severity,
    pub(crate) title: String,
    pub(crate) opened_at: Timestamp,
    pub(crate) opened_by: String,
    pub(crate) closed_at: Option<Timestamp>,
    pub(crate) closed_by: String,
}
