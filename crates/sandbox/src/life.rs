//! How a stand-in ends: every task it started is told, awaited for a while, then cut off.

use std::time::Duration;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Longer than any honest request to a stand-in, shorter than anybody's patience.
const DRAIN: Duration = Duration::from_secs(3);

/// Shared by all tasks of one stand-in.
#[derive(Clone, Default)]
pub(crate) struct Life {
    pub(crate) tasks: TaskTracker,
    /// No new work; what runs may finish.
    pub(crate) ending: CancellationToken,
    /// Everything ends at its next await.
    over: CancellationToken,
}

impl Life {
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let over = self.over.clone();
        self.tasks.spawn(async move {
            over.run_until_cancelled_owned(work).await;
        });
    }

    pub(crate) async fn end(&self) {
        self.ending.cancel();
        self.tasks.close();
        if tokio::time::timeout(DRAIN, self.tasks.wait()).await.is_err() {
            self.over.cancel();
            self.tasks.wait().await;
        }
    }

    pub(crate) fn cut(&self) {
        self.ending.cancel();
        self.over.cancel();
    }
}
