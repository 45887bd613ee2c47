//! The sample workflow of three steps, the outside world it acts on, and the faults that world is told to show.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use jobs::{
    Attempt, Hosts, Moved, Policy, Skipped, Step, StepError, StepFailure, Undone, Workflow,
};
use kernel::{JobId, Timestamp};
use pg::TenantTx;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// The steps of the sample workflow.
pub(crate) const STEPS: [&str; 3] = ["register", "token", "verify"];

/// Doing or undoing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    Do,
    Undo,
}

/// What goes wrong with one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Refused before anything happens.
    Before(StepError),
    /// It happens, and then the call fails.
    After(StepError),
    /// It happens, and the domain refuses to keep the outcome.
    Unrecorded(StepError),
    /// It happens, and the answer never comes.
    Silence,
    /// It happens, and the code panics.
    Panic,
    /// It happens, and the worker is cut off from then on until released.
    CutOff(CancellationToken),
    /// It is held up until released, and refused then.
    HeldUp(CancellationToken, StepError),
}

type Place = (String, &'static str, Way);

#[derive(Default)]
struct Inner {
    faults: BTreeMap<Place, VecDeque<Fault>>,
    /// What stands outside, by idempotency key: a repeat changes nothing.
    effects: BTreeSet<String>,
    calls: BTreeMap<Place, u32>,
    order: Vec<Place>,
    at_once: BTreeMap<kernel::TenantId, i64>,
    most_at_once: i64,
    in_all: i64,
    most_in_all: i64,
    /// The limit of the sample workflow.
    limit: Option<u32>,
    /// What the first step needs a permit from, and for which host.
    permits: Option<(Hosts, &'static str)>,
    refused_permits: u32,
    tells_moves: bool,
    cut_off: u32,
    traceparents: Vec<String>,
    /// Refusals of the domain to come, by run and step.
    unrecorded: BTreeMap<(String, &'static str), StepError>,
    /// Runs whose undo keeps what was done.
    keeping: BTreeSet<String>,
    /// Runs whose end the domain refuses.
    endless: BTreeSet<String>,
    /// Attempts are given up soon.
    hurried: bool,
}

/// The outside world.
#[derive(Clone, Default)]
pub(crate) struct World(Arc<Mutex<Inner>>);

impl World {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("no panic under the lock")
    }

    pub(crate) fn workflow(&self) -> Sample {
        Sample(self.clone())
    }

    /// The next call of this kind goes wrong; faults of one place queue up.
    pub(crate) fn plan(&self, key: &str, step: &'static str, way: Way, fault: Fault) {
        self.inner().faults.entry((key.into(), step, way)).or_default().push_back(fault);
    }

    pub(crate) fn calls(&self, key: &str, step: &'static str, way: Way) -> u32 {
        self.inner().calls.get(&(key.into(), step, way)).copied().unwrap_or_default()
    }

    /// The keys of runs in the order of calls of one step.
    pub(crate) fn order(&self, step: &str) -> Vec<String> {
        self.inner().order.iter().filter(|(_, s, _)| *s == step).map(|(k, ..)| k.clone()).collect()
    }

    /// How many attempts there were.
    pub(crate) fn claims(&self) -> usize {
        self.inner().order.len()
    }

    /// The number of the first attempt for a key.
    pub(crate) fn claims_until(&self, key: &str) -> usize {
        self.inner().order.iter().position(|(k, ..)| k == key).expect("it was called") + 1
    }

    /// The steps undone for a key, in order.
    pub(crate) fn undone(&self, key: &str) -> Vec<&'static str> {
        let undone = |(k, s, way): &Place| (k == key && *way == Way::Undo).then_some(*s);
        self.inner().order.iter().filter_map(undone).collect()
    }

    /// The steps whose effect stands for a run.
    pub(crate) fn standing(&self, job: kernel::JobId) -> Vec<&'static str> {
        let effects = &self.inner().effects;
        STEPS.into_iter().filter(|step| effects.contains(&format!("{job}/{step}"))).collect()
    }

    pub(crate) fn most_at_once(&self) -> i64 {
        self.inner().most_at_once
    }

    /// Limits the sample workflow, for workers that are made from now on.
    pub(crate) fn limit(&self, most: u32) {
        self.inner().limit = Some(most);
    }

    /// The first step of every run needs a permit.
    pub(crate) fn need_permits(&self, hosts: Hosts, host: &'static str) {
        self.inner().permits = Some((hosts, host));
    }

    /// How often a step found no permit.
    pub(crate) fn refused_permits(&self) -> u32 {
        self.inner().refused_permits
    }

    /// Runs note where they go.
    pub(crate) fn tell_moves(&self) {
        self.inner().tells_moves = true;
    }

    async fn permit(&self, step: &str) -> Result<(), StepError> {
        let needed = self.inner().permits.clone().filter(|_| step == STEPS[0]);
        let Some((hosts, host)) = needed else { return Ok(()) };
        let answer = hosts.permit(host).await;
        if answer.is_err() {
            self.inner().refused_permits += 1;
        }
        answer
    }

    /// The most attempts there were at a time, over all tenants.
    pub(crate) fn most_in_all(&self) -> i64 {
        self.inner().most_in_all
    }

    /// How many calls are or were cut off.
    pub(crate) fn cut_off(&self) -> u32 {
        self.inner().cut_off
    }

    /// The domain refuses once to take a step of this run as done.
    pub(crate) fn refuse_skip(&self, key: &str, step: &'static str) {
        self.inner().unrecorded.insert((key.into(), step), refused());
    }

    /// Undoing takes nothing back of this run.
    pub(crate) fn keep(&self, key: &str) {
        self.inner().keeping.insert(key.into());
    }

    /// Attempts at runs planned from now on are given up soon: for faults that never answer.
    pub(crate) fn hurry(&self) {
        self.inner().hurried = true;
    }

    /// The domain refuses the end of this run.
    pub(crate) fn refuse_end(&self, key: &str) {
        self.inner().endless.insert(key.into());
    }

    /// The domain refuses no end any more.
    pub(crate) fn accept_ends(&self) {
        self.inner().endless.clear();
    }

    /// The trace context each call was given.
    pub(crate) fn traceparents(&self) -> Vec<String> {
        self.inner().traceparents.clone()
    }

    async fn call(&self, at: &Attempt, step: &'static str, way: Way) -> Result<(), StepError> {
        let place = (at.key.clone(), step, way);
        let fault = {
            let mut inner = self.inner();
            *inner.calls.entry(place.clone()).or_default() += 1;
            inner.order.push(place.clone());
            inner.traceparents.extend(at.cx.traceparent.clone());
            let fault = inner.faults.get_mut(&place).and_then(VecDeque::pop_front);
            if let Some(Fault::Before(error)) = fault {
                return Err(error);
            }
            match way {
                Way::Do => inner.effects.insert(at.idempotency_key.clone()),
                Way::Undo => inner.effects.remove(&at.idempotency_key),
            };
            fault
        };
        match fault {
            None | Some(Fault::Before(_)) => Ok(()),
            Some(Fault::After(error)) => Err(error),
            Some(Fault::Unrecorded(error)) => {
                self.inner().unrecorded.insert((at.key.clone(), step), error);
                Ok(())
            }
            Some(Fault::Silence) => std::future::pending().await,
            Some(Fault::Panic) => panic!("a fault of the sample workflow, on purpose"),
            Some(Fault::CutOff(released)) => {
                self.inner().cut_off += 1;
                released.cancelled().await;
                Ok(())
            }
            Some(Fault::HeldUp(released, error)) => {
                self.inner().cut_off += 1;
                released.cancelled().await;
                Err(error)
            }
        }
    }

    fn enter(&self, at: &Attempt) {
        let mut inner = self.inner();
        let count = inner.at_once.entry(at.tenant).or_default();
        *count += 1;
        inner.most_at_once = inner.most_at_once.max(inner.at_once[&at.tenant]);
        inner.in_all += 1;
        inner.most_in_all = inner.most_in_all.max(inner.in_all);
    }

    fn leave(&self, at: &Attempt) {
        let mut inner = self.inner();
        *inner.at_once.entry(at.tenant).or_default() -= 1;
        inner.in_all -= 1;
    }
}

/// The sample workflow.
pub(crate) struct Sample(World);

#[async_trait]
impl Workflow for Sample {
    fn name(&self) -> &'static str {
        crate::house::SAMPLE
    }

    fn version(&self) -> u32 {
        1
    }

    fn most_at_once(&self) -> Option<u32> {
        self.0.inner().limit
    }

    fn steps(&self) -> Vec<Arc<dyn Step>> {
        STEPS.iter().map(|name| Arc::new(Call { name, world: self.0.clone() }) as _).collect()
    }

    async fn moved(&self, tx: &mut TenantTx, at: &Attempt, moved: &Moved) -> Result<(), StepError> {
        if !self.0.inner().tells_moves {
            return Ok(());
        }
        let why = moved.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let note = format!("{} {}: {} -> {}{why}", at.step, at.number, moved.from, moved.to);
        mark(tx, at, "moved", &note).await
    }

    async fn finished(&self, tx: &mut TenantTx, at: &Attempt) -> Result<(), StepError> {
        assert_eq!(at.outputs.len(), STEPS.len(), "the end sees every output");
        mark(tx, at, "run", "finished").await
    }

    async fn failed(
        &self,
        tx: &mut TenantTx,
        at: &Attempt,
        failure: &StepFailure,
    ) -> Result<(), StepError> {
        if self.0.inner().endless.contains(&at.key) {
            return Err(StepError::system("end_refused", "a fault of the sample workflow"));
        }
        mark(tx, at, "run", &format!("failed {}", failure.reason)).await
    }

    async fn stuck(
        &self,
        tx: &mut TenantTx,
        at: &Attempt,
        failure: &StepFailure,
    ) -> Result<(), StepError> {
        mark(tx, at, "run", &format!("stuck {}", failure.reason)).await
    }
}

struct Call {
    name: &'static str,
    world: World,
}

#[async_trait]
impl Step for Call {
    fn name(&self) -> &'static str {
        self.name
    }

    fn policy(&self) -> Policy {
        // A call that a test holds up must not be given up because the machine is busy.
        let seconds = if self.world.inner().hurried { 1 } else { 60 };
        let timeout = Duration::from_secs(seconds);
        Policy { base: Duration::ZERO, timeout, ..Policy::default() }
    }

    async fn run(&self, at: &Attempt) -> Result<Value, StepError> {
        self.world.permit(self.name).await?;
        self.world.enter(at);
        let outcome = self.world.call(at, self.name, Way::Do).await;
        self.world.leave(at);
        outcome.map(|()| json!({"by": self.name}))
    }

    async fn record(
        &self,
        tx: &mut TenantTx,
        at: &Attempt,
        output: &Value,
    ) -> Result<(), StepError> {
        assert_eq!(output["by"], self.name);
        let refusal = self.world.inner().unrecorded.remove(&(at.key.clone(), self.name));
        if let Some(error) = refusal {
            // What was written before the refusal must not be kept.
            mark(tx, at, self.name, "recorded").await?;
            return Err(error);
        }
        mark(tx, at, self.name, "recorded").await
    }

    async fn skipped(&self, tx: &mut TenantTx, skipped: &Skipped<'_>) -> Result<(), StepError> {
        mark_job(tx, skipped.job, self.name, "skipped").await?;
        let refusal = self.world.inner().unrecorded.remove(&(skipped.key.into(), self.name));
        refusal.map_or(Ok(()), Err)
    }

    async fn undo(&self, at: &Attempt) -> Result<Undone, StepError> {
        if self.world.inner().keeping.contains(&at.key) {
            return Ok(Undone::Kept);
        }
        self.world.call(at, self.name, Way::Undo).await.map(|()| Undone::Reverted)
    }

    async fn retrying(
        &self,
        _tx: &mut TenantTx,
        at: &Attempt,
        _error: &StepError,
        _next_at: Timestamp,
    ) -> Result<(), StepError> {
        assert!(at.number > 0, "attempts count from one");
        Ok(())
    }
}

async fn mark(tx: &mut TenantTx, at: &Attempt, step: &str, note: &str) -> Result<(), StepError> {
    mark_job(tx, at.job, step, note).await
}

async fn mark_job(tx: &mut TenantTx, job: JobId, step: &str, note: &str) -> Result<(), StepError> {
    sqlx::query("insert into marks (job_id, step, note) values ($1, $2, $3)")
        .bind(job)
        .bind(step)
        .bind(note)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The other side is away for a moment.
pub(crate) fn away() -> StepError {
    StepError::transient("backend_away", "The other side is away.", "503")
}

/// Only a person can mend it.
pub(crate) fn refused() -> StepError {
    StepError::config("token_refused", "The token was refused.", "401")
}
