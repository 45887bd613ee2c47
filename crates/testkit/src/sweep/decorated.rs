//! A workflow whose steps show the faults of a case.

use std::{
    collections::HashMap,
    fmt,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jobs::{Attempt, Moved, Policy, Step, StepError, StepFailure, Turn, Undone, Workflow};
use kernel::{JobId, Timestamp};
use pg::TenantTx;
use serde_json::Value;
use tokio::sync::Notify;

use super::{Case, Fault, Way};

/// Attempts that survive any case: a fault twice, and then well.
const ATTEMPTS: u32 = 5;

/// The faults to come, by run.
#[derive(Clone, Default)]
pub(super) struct Faults {
    runs: Arc<Mutex<HashMap<JobId, (Case, u32)>>>,
    death: Arc<Notify>,
}

impl Faults {
    pub(super) fn plan(&self, job: JobId, case: Case) {
        self.runs().insert(job, (case, 0));
    }

    /// How often the run met its fault.
    pub(super) fn met(&self, job: JobId) -> u32 {
        self.runs().get(&job).map_or(0, |(_, met)| *met)
    }

    /// Resolves when the process dies.
    pub(super) async fn death(&self) {
        self.death.notified().await;
    }

    /// The fault of this attempt, which it meets now.
    fn meet(&self, at: &Attempt, way: Way, moment: fn(Fault) -> bool) -> Option<Fault> {
        let mut runs = self.runs();
        let (case, met) = runs.get_mut(&at.job)?;
        let here = case.step == at.step && case.way == way && *met < case.times;
        if !here || !moment(case.fault) {
            return None;
        }
        *met += 1;
        Some(case.fault)
    }

    /// Whether the run is to turn back at its last step.
    fn turns(&self, at: &Attempt) -> bool {
        self.runs().get(&at.job).is_some_and(|(case, _)| case.way == Way::Undoing)
    }

    async fn die<T>(&self) -> T {
        self.death.notify_one();
        pending().await
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<JobId, (Case, u32)>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults").finish_non_exhaustive()
    }
}

/// The workflow with its faults.
pub(super) struct Decorated {
    inner: Arc<dyn Workflow>,
    faults: Faults,
}

impl Decorated {
    pub(super) const fn new(inner: Arc<dyn Workflow>, faults: Faults) -> Self {
        Self { inner, faults }
    }
}

#[async_trait]
impl Workflow for Decorated {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn version(&self) -> u32 {
        self.inner.version()
    }

    fn most_at_once(&self) -> Option<u32> {
        self.inner.most_at_once()
    }

    fn steps(&self) -> Vec<Arc<dyn Step>> {
        let steps = self.inner.steps();
        let last = steps.len().saturating_sub(1);
        let decorate = |(at, inner): (usize, Arc<dyn Step>)| -> Arc<dyn Step> {
            let place = if at == last { Place::Last } else { Place::Before };
            Arc::new(Faulty { inner, faults: self.faults.clone(), place })
        };
        steps.into_iter().enumerate().map(decorate).collect()
    }

    async fn moved(&self, tx: &mut TenantTx, at: &Attempt, moved: &Moved) -> Result<(), StepError> {
        self.inner.moved(tx, at, moved).await
    }

    async fn finished(&self, tx: &mut TenantTx, at: &Attempt) -> Result<(), StepError> {
        self.inner.finished(tx, at).await
    }

    async fn failed(
        &self,
        tx: &mut TenantTx,
        at: &Attempt,
        failure: &StepFailure,
    ) -> Result<(), StepError> {
        self.inner.failed(tx, at, failure).await
    }

    async fn stuck(
        &self,
        tx: &mut TenantTx,
        at: &Attempt,
        failure: &StepFailure,
    ) -> Result<(), StepError> {
        self.inner.stuck(tx, at, failure).await
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    Last,
}

struct Faulty {
    inner: Arc<dyn Step>,
    faults: Faults,
    place: Place,
}

impl Faulty {
    /// Acts, with the fault of this attempt around it.
    async fn act<T>(
        &self,
        at: &Attempt,
        way: Way,
        acting: impl Future<Output = Result<T, StepError>> + Send,
    ) -> Result<T, StepError> {
        let fault = self.faults.meet(at, way, |fault| fault != Fault::Unrecorded);
        match fault {
            Some(Fault::FailsBefore) => return Err(broken("fails_before").without_effect()),
            Some(Fault::DiesBefore) => return self.faults.die().await,
            _ => {}
        }
        let acted = acting.await?;
        match fault {
            Some(Fault::FailsAfter) => Err(broken("fails_after")),
            // What the engine says of an attempt that it gave up.
            Some(Fault::TimesOut) => Err(broken("timed_out")),
            Some(Fault::DiesAfter) => self.faults.die().await,
            _ => Ok(acted),
        }
    }
}

#[async_trait]
impl Step for Faulty {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn policy(&self) -> Policy {
        let own = self.inner.policy();
        let (base, cap) = (Duration::ZERO, Duration::ZERO);
        Policy { attempts: own.attempts.max(ATTEMPTS), base, cap, ..own }
    }

    fn side_by_side(&self) -> Option<i16> {
        self.inner.side_by_side()
    }

    async fn turn(&self, at: &Attempt) -> Result<Turn, StepError> {
        self.inner.turn(at).await
    }

    async fn run(&self, at: &Attempt) -> Result<Value, StepError> {
        let output = self.act(at, Way::Doing, self.inner.run(at)).await?;
        if self.place == Place::Last && self.faults.turns(at) {
            let words = "The sweep turns the run here.";
            return Err(StepError::config("swept", words, words).with_unknown_effect());
        }
        Ok(output)
    }

    async fn record(
        &self,
        tx: &mut TenantTx,
        at: &Attempt,
        output: &Value,
    ) -> Result<(), StepError> {
        self.inner.record(tx, at, output).await?;
        match self.faults.meet(at, Way::Doing, |fault| fault == Fault::Unrecorded) {
            Some(_) => Err(broken("unrecorded")),
            None => Ok(()),
        }
    }

    async fn undo(&self, at: &Attempt) -> Result<Undone, StepError> {
        self.act(at, Way::Undoing, self.inner.undo(at)).await
    }

    async fn retrying(
        &self,
        tx: &mut TenantTx,
        at: &Attempt,
        error: &StepError,
        next_at: Timestamp,
    ) -> Result<(), StepError> {
        self.inner.retrying(tx, at, error, next_at).await
    }
}

fn broken(reason: &'static str) -> StepError {
    StepError::transient(reason, "The sweep lets the step fail.", "a fault of the sweep")
}
