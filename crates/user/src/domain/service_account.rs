//! Software of a tenant that acts for itself.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

kernel::closed_set! {
    /// Whether a service account counts.
    pub(crate) enum ServiceAccountStatus {
        /// It does.
        Active = "active",
        /// It was paused.
        Disabled = "disabled",
    }
}

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServiceAccount {
    pub(crate) service_account_id: Uuid,
    pub(crate) name: String,
    pub(crate) status: ServiceAccountStatus,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
    pub(crate) changed_at: Timestamp,
}
