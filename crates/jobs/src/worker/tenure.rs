//! What a worker does with a run in its hands: an attempt, and the next under the same lease while its time lasts.

use std::{sync::Arc, time::Instant};

use tokio_util::sync::CancellationToken;

use super::{
    attempt,
    engine::{Engine, Grip, Held},
};

/// A run in a worker's hands.
pub(super) struct Tenure {
    pub(super) engine: Arc<Engine>,
    pub(super) held: Held,
    pub(super) grip: Grip,
    begun: Instant,
    stop: CancellationToken,
}

impl Tenure {
    /// From here on the lease is renewed, until this is dropped. Once `stop` is cancelled, the attempt under way is the
    /// last.
    pub(super) fn begin(engine: &Arc<Engine>, held: Held, stop: &CancellationToken) -> Self {
        let grip = Grip {
            lease: held.lease,
            lost: CancellationToken::new(),
            cancel: CancellationToken::new(),
        };
        engine.grips().insert(held.lease.token, grip.clone());
        let (engine, stop) = (Arc::clone(engine), stop.clone());
        Self { engine, held, grip, begun: Instant::now(), stop }
    }

    /// Makes attempts until the lease is given up.
    pub(super) async fn serve(mut self) {
        while self.attempt().await {}
    }

    /// Makes the attempt that is due and writes how it ended; answers whether another is due under the same lease.
    pub(super) async fn attempt(&mut self) -> bool {
        let goes_on = attempt::perform(self).await;
        if goes_on {
            // Who renews may be about to cancel the attempt that has just ended, and must not meet the next.
            self.grip.cancel = CancellationToken::new();
            self.grip.lease = self.held.lease;
            self.engine.grips().insert(self.held.lease.token, self.grip.clone());
        }
        goes_on
    }

    /// Whether the run may go on without giving its place free: others wait for it no longer than this and one attempt.
    pub(super) fn lasts(&self) -> bool {
        !self.stop.is_cancelled() && self.begun.elapsed() < self.engine.pace.tenure
    }
}

impl Drop for Tenure {
    fn drop(&mut self) {
        self.engine.grips().remove(&self.held.lease.token);
    }
}
