//! The host: who runs in the background, who died, and how all of it ends.

use std::{
    any::Any,
    collections::BTreeMap,
    fmt,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::FutureExt;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long a dropped task may take to be gone.
const DROP_GRACE: Duration = Duration::from_millis(500);

/// Owns the background tasks of one platform. Cheap to clone; every clone is the same host.
///
/// A task that panics or returns an error has died, and a host with a dead task has failed: a
/// process that goes on without its relay looks healthy and is not.
#[derive(Clone, Default)]
pub struct Host {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Asks tasks to end.
    soft: CancellationToken,
    /// Drops tasks where they stand.
    hard: CancellationToken,
    failed: CancellationToken,
    tracker: TaskTracker,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    next: u64,
    running: BTreeMap<u64, String>,
    dead: Vec<DeadTask>,
    /// Who still ran when the host was killed.
    stuck: Vec<String>,
}

/// A background task that ended in a way it must not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("task {task:?} died: {reason}")]
pub struct DeadTask {
    /// The name it was spawned with.
    pub task: String,
    /// The chain of its error, or the text of its panic.
    pub reason: String,
}

/// How a drain went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Names of the tasks that did not end by themselves in time, and were dropped.
    pub stuck: Vec<String>,
}

impl Host {
    /// A host without tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs a task in the background until it ends or the host does.
    ///
    /// The task gets a token and must end soon after the token is cancelled. Ending with `Ok`
    /// earlier is fine: it had nothing more to do. Must be called inside a tokio runtime.
    pub fn spawn<F, Fut>(&self, name: impl Into<String>, task: F)
    where
        F: FnOnce(CancellationToken) -> Fut,
        Fut: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let name = name.into();
        let id = self.book().enter(name.clone());
        let body = AssertUnwindSafe(task(self.inner.soft.child_token())).catch_unwind();
        let host = self.clone();
        self.inner.tracker.spawn(async move {
            let ended = host.inner.hard.run_until_cancelled(body).await;
            host.book().running.remove(&id);
            match ended {
                Some(Ok(Ok(()))) | None => {}
                Some(Ok(Err(error))) => host.bury(name, format!("{error:#}")),
                Some(Err(panic)) => host.bury(name, panic_text(&*panic)),
            }
        });
    }

    /// Cancelled once the host was asked to stop. Streams that have no end of their own watch it.
    pub fn stopping(&self) -> CancellationToken {
        self.inner.soft.child_token()
    }

    /// Whether the host was asked to stop.
    pub fn is_stopping(&self) -> bool {
        self.inner.soft.is_cancelled()
    }

    /// Asks all tasks to end, and does not wait.
    pub fn stop(&self) {
        self.inner.soft.cancel();
    }

    /// Drops all tasks where they stand.
    pub fn kill(&self) {
        self.inner.soft.cancel();
        // Names are taken before anybody is dropped; a second kill finds none left to name.
        if !self.is_killed() {
            let mut book = self.book();
            book.stuck = book.running.values().cloned().collect();
        }
        self.inner.hard.cancel();
    }

    pub(super) fn is_killed(&self) -> bool {
        self.inner.hard.is_cancelled()
    }

    /// Asks all tasks to end and waits for them, at most until the deadline; then drops the rest
    /// and names them. A [`kill`](Self::kill) from elsewhere ends the waiting.
    pub async fn drain(&self, deadline: Duration) -> Drained {
        self.stop();
        self.inner.tracker.close();
        let ended = tokio::time::timeout(deadline, self.inner.tracker.wait()).await;
        if ended.is_err() {
            self.kill();
            // What they hold, such as ports, is free once they are dropped. One that blocks its
            // thread cannot be dropped, and is not waited for.
            let _ = tokio::time::timeout(DROP_GRACE, self.inner.tracker.wait()).await;
        }
        Drained { stuck: self.book().stuck.clone() }
    }

    /// Names of the tasks that run now.
    pub fn running(&self) -> Vec<String> {
        self.book().running.values().cloned().collect()
    }

    /// The tasks that died, in the order in which they did.
    pub fn dead_tasks(&self) -> Vec<DeadTask> {
        self.book().dead.clone()
    }

    /// Waits for the first task to die; never ends while all live.
    pub async fn failed(&self) -> DeadTask {
        self.inner.failed.cancelled().await;
        let first = self.book().dead.first().cloned();
        first.expect("a task is buried before its death is announced")
    }

    fn bury(&self, task: String, reason: String) {
        tracing::error!(task = task, reason = reason, "a background task died");
        self.book().dead.push(DeadTask { task, reason });
        self.inner.failed.cancel();
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // The book is whole between any two statements, so a panic elsewhere does not spoil it.
        self.inner.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn enter(&mut self, name: String) -> u64 {
        let id = self.next;
        self.next += 1;
        self.running.insert(id, name);
        id
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("stopping", &self.is_stopping())
            .field("running", &self.running())
            .field("dead", &self.dead_tasks())
            .finish()
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without a text"))
}
