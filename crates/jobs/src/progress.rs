//! How far an attempt is, told by its code and written now and then under its lease.

use std::{
    convert::Infallible,
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use pg::{Db, TenantTx};
use serde_json::Value;

use crate::{StepError, store::claim::Lease, store::progress};

/// Between two writes of one attempt's progress.
const EVERY: Duration = Duration::from_millis(500);

/// Longest message that is kept, in characters.
const MESSAGE: usize = 200;

/// Where an attempt notes how far it is.
pub(crate) struct Notes {
    db: Db,
    lease: Lease,
    /// What was told and not written yet; only the newest counts.
    told: Mutex<Option<(u8, String)>>,
}

impl Notes {
    pub(crate) const fn new(db: Db, lease: Lease) -> Self {
        Self { db, lease, told: Mutex::new(None) }
    }

    pub(crate) fn tell(&self, percent: u8, message: &str) {
        let told = (percent.min(100), message.chars().take(MESSAGE).collect());
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
    }

    fn take(&self) -> Option<(u8, String)> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Writes what is told, two times a second at most, for as long as it is polled.
    pub(crate) async fn write_along(&self) -> Infallible {
        loop {
            tokio::time::sleep(EVERY).await;
            // Progress is a comfort: what could not be written is overtaken by the next.
            if let Err(failure) = self.write().await {
                tracing::debug!(error = %failure, job.id = %self.lease.job, "progress could not be written");
            }
        }
    }

    /// Writes what was told last, unless it is written or the lease is somebody else's.
    pub(crate) async fn write(&self) -> pg::Result<()> {
        let Some((percent, message)) = self.take() else {
            return Ok(());
        };
        let mut tx = self.db.tenant(self.lease.tenant, "write_job_progress").await?;
        progress::update_progress(&mut tx, &self.lease, percent, &message).await?;
        tx.commit().await
    }

    /// Writes what was told last, in the transaction that gave the lease up.
    pub(crate) async fn write_last(&self, tx: &mut TenantTx) -> pg::Result<()> {
        let Some((percent, message)) = self.take() else {
            return Ok(());
        };
        progress::set_progress(tx, &self.lease, percent, &message).await
    }

    pub(crate) async fn keep_checkpoint(&self, checkpoint: &Value) -> Result<(), StepError> {
        let mut tx = self.db.tenant(self.lease.tenant, "keep_job_checkpoint").await?;
        let ours = progress::update_checkpoint(&mut tx, &self.lease, checkpoint).await?;
        tx.commit().await?;
        if ours { Ok(()) } else { Err(StepError::worker_lost()) }
    }
}

impl fmt::Debug for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notes").field("lease", &self.lease).finish_non_exhaustive()
    }
}
