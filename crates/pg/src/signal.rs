//! What a commit wakes inside this process: the relay and the job worker, without NOTIFY in the transaction.

use std::sync::Arc;

use tokio::sync::Notify;

/// A place to wait for commits that touched a queue-like table; coalesces by nature.
#[derive(Clone, Debug, Default)]
pub struct Signal(Arc<Notify>);

impl Signal {
    /// Wakes one waiter now, or the next one to wait.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    /// Waits for the next ring; one that rang since the last wait counts.
    pub async fn heard(&self) {
        self.0.notified().await;
    }
}
