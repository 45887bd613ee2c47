//! A worker that moves only when told: one attempt at a time, in a known order.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

use super::{
    claim::{self, Taken},
    engine::Engine,
    keep,
    tenure::Tenure,
};

/// A worker that moves only when told, for tests that must know what happens when.
pub struct ByHand {
    engine: Arc<Engine>,
    /// A run that goes on under its lease.
    in_hand: Mutex<Option<Tenure>>,
}

impl ByHand {
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine: Arc::new(engine), in_hand: Mutex::default() }
    }

    /// Goes on with the run in hand or takes one that is due, makes its attempt and writes how it ended; answers whether
    /// there was one. Dropping the future is the death of the worker in the middle of the attempt.
    ///
    /// # Errors
    /// The database's, while taking; while writing it is waited for.
    pub async fn step(&self) -> pg::Result<bool> {
        let in_hand = self.in_hand().take();
        if let Some(tenure) = in_hand {
            self.attempt(tenure).await;
            return Ok(true);
        }
        let stop = CancellationToken::new();
        loop {
            match claim::take(&self.engine, 1, &stop).await? {
                Taken::Runs { held, .. } => {
                    for held in held {
                        self.attempt(Tenure::begin(&self.engine, held, &stop)).await;
                    }
                    return Ok(true);
                }
                Taken::Again => {}
                Taken::Contended => tokio::task::yield_now().await,
                Taken::Nothing => return Ok(false),
            }
        }
    }

    async fn attempt(&self, mut tenure: Tenure) {
        if tenure.attempt().await {
            *self.in_hand() = Some(tenure);
        }
    }

    fn in_hand(&self) -> MutexGuard<'_, Option<Tenure>> {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up the runs whose leases ran out, as every worker does now and then.
    ///
    /// # Errors
    /// The database's.
    pub async fn take_up(&self) -> pg::Result<()> {
        keep::sweep_once(&self.engine).await
    }
}

impl fmt::Debug for ByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByHand").field("engine", &self.engine).finish_non_exhaustive()
    }
}
