//! A worker that moves only when told: one attempt at a time, in a known order.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{
    attempt,
    claim::{self, Taken},
    engine::Engine,
    keep,
};

/// A worker that moves only when told, for tests that must know what happens when.
#[derive(Debug)]
pub struct ByHand {
    engine: Arc<Engine>,
}

impl ByHand {
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine: Arc::new(engine) }
    }

    /// Takes a run that is due, makes its attempt and writes how it ended; answers whether there was one. Dropping the
    /// future is the death of the worker in the middle of the attempt.
    ///
    /// # Errors
    /// The database's, while taking; while writing it is waited for.
    pub async fn step(&self) -> pg::Result<bool> {
        let stop = CancellationToken::new();
        loop {
            match claim::take(&self.engine, 1, &stop).await? {
                Taken::Runs(taken) => {
                    for held in taken {
                        let grip = claim::hold(&self.engine, &held);
                        attempt::perform(Arc::clone(&self.engine), held, grip).await;
                    }
                    return Ok(true);
                }
                Taken::Again => {}
                Taken::Contended => tokio::task::yield_now().await,
                Taken::Nothing => return Ok(false),
            }
        }
    }

    /// Takes up the runs whose leases ran out, as every worker does now and then.
    ///
    /// # Errors
    /// The database's.
    pub async fn take_up(&self) -> pg::Result<()> {
        keep::sweep_once(&self.engine).await
    }
}
