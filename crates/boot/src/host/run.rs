//! Waiting for the end of a process, and what to tell the one who started it.

use std::time::Duration;

use super::{DeadTask, Host};

/// How the life of a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// What began the end.
    pub cause: Cause,
    /// Tasks that did not end by themselves in time, and were dropped.
    pub stuck: Vec<String>,
    /// Tasks that died, before or during the drain.
    pub dead: Vec<DeadTask>,
}

/// What began the end of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A signal, or a part of the process that called [`Host::stop`].
    Asked,
    /// A background task died.
    TaskDied,
}

impl Ended {
    /// An error unless every task ended by itself and none died: the process should then end
    /// with failure.
    pub fn into_result(self) -> anyhow::Result<()> {
        if let Some(dead) = self.dead.into_iter().next() {
            return Err(dead.into());
        }
        if !self.stuck.is_empty() {
            anyhow::bail!("did not end in time: {}", self.stuck.join(", "));
        }
        Ok(())
    }
}

impl Host {
    /// Waits until a signal comes (see [`Host::heed_signals`]), a task dies or somebody calls
    /// [`Host::stop`]; then drains.
    pub async fn run(&self, drain: Duration) -> Ended {
        let stopping = self.stopping();
        let cause = tokio::select! {
            biased;
            _ = self.failed() => Cause::TaskDied,
            () = stopping.cancelled() => Cause::Asked,
        };
        tracing::info!(cause = ?cause, deadline_seconds = drain.as_secs(), "draining");
        let drained = self.drain(drain).await;
        if !drained.stuck.is_empty() {
            tracing::warn!(tasks = ?drained.stuck, "tasks did not end in time");
        }
        Ended { cause, stuck: drained.stuck, dead: self.dead_tasks() }
    }
}
