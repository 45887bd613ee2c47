//! Waiting for a condition instead of sleeping.

use std::time::{Duration, Instant};

/// How long anything may take before a test gives up on it; generous, because a busy machine is no failure.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How often a condition is looked at.
const GLANCE: Duration = Duration::from_millis(10);

/// Waits until `holds` says so.
///
/// Panics with `what` after [`PATIENCE`].
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(GLANCE).await;
    }
}

/// Waits until `find` has found something.
///
/// Panics with `what` after [`PATIENCE`].
pub async fn found<T>(what: &str, mut find: impl AsyncFnMut() -> Option<T>) -> T {
    let mut seen = None;
    eventually(what, async || {
        seen = find().await;
        seen.is_some()
    })
    .await;
    seen.expect("the wait ends when something is seen")
}
