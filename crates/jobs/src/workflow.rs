//! What a service writes: a workflow, its steps, and how each is tried again.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use kernel::Timestamp;
use pg::TenantTx;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Attempt, JobState, Skipped, StepError, StepFailure, Turn};

/// A named piece of durable work: steps in order, and what their end means to the domain.
///
/// The hooks run in the transaction that ends the run; a hook that fails keeps nothing of it, and is tried again.
#[async_trait]
pub trait Workflow: Send + Sync {
    /// The name under which runs are started.
    fn name(&self) -> &'static str;

    /// Counts up whenever steps change; runs of a version are worked on only by builds that know it.
    fn version(&self) -> u32;

    /// Most attempts at a time over all tenants, versions and workers of the service; kept exactly. `None` is no limit.
    fn most_at_once(&self) -> Option<u32> {
        None
    }

    /// The steps in order, each name once.
    fn steps(&self) -> Vec<Arc<dyn Step>>;

    /// The run stands elsewhere than before: it waits (for another attempt, a time, a signal or another run), or it has
    /// ended. For whoever tells others of it; runs in the transaction of the change, before the hook of that change. What
    /// people do by hand does not call it.
    ///
    /// # Errors
    /// As for the hook of that change.
    async fn moved(
        &self,
        _tx: &mut TenantTx,
        _at: &Attempt,
        _moved: &Moved,
    ) -> Result<(), StepError> {
        Ok(())
    }

    /// Every step is done. Runs after the last step's [`Step::record`], in its transaction.
    ///
    /// # Errors
    /// Counts as a failure of the last step.
    async fn finished(&self, _tx: &mut TenantTx, _at: &Attempt) -> Result<(), StepError> {
        Ok(())
    }

    /// A step failed for good or the run was cancelled (`failure.class`), and what had to be undone is undone.
    ///
    /// # Errors
    /// Tried again; a run whose hook goes on failing gets stuck.
    async fn failed(
        &self,
        _tx: &mut TenantTx,
        _at: &Attempt,
        _failure: &StepFailure,
    ) -> Result<(), StepError> {
        Ok(())
    }

    /// An undo failed for good: the run stops until a person retries it. `failure` is why the undo failed.
    ///
    /// # Errors
    /// Tried again, then left out.
    async fn stuck(
        &self,
        _tx: &mut TenantTx,
        _at: &Attempt,
        _failure: &StepFailure,
    ) -> Result<(), StepError> {
        Ok(())
    }
}

/// Where a run stood and where it stands; the step and the number of its attempt are those of the [`Attempt`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Before.
    pub from: JobState,
    /// From now on.
    pub to: JobState,
    /// The stable word of the failure, if there was one.
    pub reason: Option<String>,
}

/// What an undo did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    /// The effect is gone (or never was): another try of the run must do this step and all after it again.
    Reverted,
    /// The step's work stands; another try of the run goes on after it.
    Kept,
}

/// One step of a workflow. Every method may be called again after a crash and must then lead to the same end.
#[async_trait]
pub trait Step: Send + Sync {
    /// The step's name, unique in its workflow.
    fn name(&self) -> &'static str;

    /// How attempts are repeated and bounded.
    fn policy(&self) -> Policy {
        Policy::default()
    }

    /// Neighbours in [`Workflow::steps`] that name the same group run side by side, each with attempts of its own.
    /// Where one fails for good the others begin no further attempt, and what acted is undone in reverse.
    fn side_by_side(&self) -> Option<i16> {
        None
    }

    /// What the step's turn is: to act ([`Step::run`]), to wait, or nothing. Asked before every attempt, and again
    /// whenever a wait may be over; it must go by what does not change (input, outputs) or what it may look up.
    ///
    /// # Errors
    /// Counts as a failed attempt.
    async fn turn(&self, _at: &Attempt) -> Result<Turn, StepError> {
        Ok(Turn::Act)
    }

    /// Acts on the outside. No transaction is open; send [`Attempt::idempotency_key`] along. The output is kept
    /// in clear and given to later steps: it may name a secret, never hold one.
    ///
    /// # Errors
    /// See [`StepError`]: its class decides what happens next, its effect whether this step needs an undo.
    async fn run(&self, at: &Attempt) -> Result<Value, StepError>;

    /// Keeps the outcome in the domain and tells its facts, in the transaction that stores the step's output.
    ///
    /// # Errors
    /// Nothing of the transaction is kept; counts as a failed attempt that may have acted.
    async fn record(
        &self,
        _tx: &mut TenantTx,
        _at: &Attempt,
        _output: &Value,
    ) -> Result<(), StepError> {
        Ok(())
    }

    /// A person took the step as done ([`crate::skip_step`]): keeps in the domain what follows from that, in the
    /// transaction in which the skip takes hold.
    ///
    /// # Errors
    /// Nothing is kept; the skip is refused.
    async fn skipped(&self, _tx: &mut TenantTx, _skipped: &Skipped<'_>) -> Result<(), StepError> {
        Ok(())
    }

    /// Takes back what [`Step::run`] did or may have done; the effect may never have happened.
    /// `at.outputs` holds this step's own output, if it came to one.
    ///
    /// # Errors
    /// Tried again by the step's policy; then the run is stuck.
    async fn undo(&self, _at: &Attempt) -> Result<Undone, StepError> {
        Ok(Undone::Kept)
    }

    /// An attempt failed and the next comes at `next_at`; runs in the transaction that says so.
    ///
    /// # Errors
    /// Tried again, then left out.
    async fn retrying(
        &self,
        _tx: &mut TenantTx,
        _at: &Attempt,
        _error: &StepError,
        _next_at: Timestamp,
    ) -> Result<(), StepError> {
        Ok(())
    }
}

/// How often and how long a step is tried; the pause doubles from `base` to `cap` with full jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Most attempts, at least 1; undoing has as many again.
    pub attempts: u32,
    /// Longest pause after the first attempt.
    pub base: Duration,
    /// Longest pause after any attempt, unless the other side asks for more.
    pub cap: Duration,
    /// An attempt that takes longer is given up; whether it acted is then unknown.
    pub timeout: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attempts: 5,
            base: Duration::from_secs(2),
            cap: Duration::from_secs(60),
            timeout: Duration::from_secs(30),
        }
    }
}
