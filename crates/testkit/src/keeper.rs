//! A runtime that outlives every test: what starts once per process and what is cleaned up at a drop runs here.

use std::{panic, sync::LazyLock, sync::mpsc, time::Duration};

use tokio::runtime::{Builder, Runtime};

/// Statics are never dropped, so this lives as long as the process.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    let builder = builder.worker_threads(2).thread_name("testkit").enable_all();
    builder.build().expect("the machine has room for a thread")
});

/// Runs `work` on the lasting runtime; its panic becomes the caller's.
pub(crate) async fn run<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match RUNTIME.spawn(work).await {
        Ok(done) => done,
        Err(died) => panic::resume_unwind(died.into_panic()),
    }
}

/// Runs `work` and blocks until it is done, from a `drop`; none if it died or took too long.
pub(crate) fn clean_up<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
    patience: Duration,
) -> Option<T> {
    let (tell, told) = mpsc::channel();
    RUNTIME.spawn(async move {
        // Nobody listens any more once the patience is over.
        let _ = tell.send(work.await);
    });
    told.recv_timeout(patience).ok()
}
