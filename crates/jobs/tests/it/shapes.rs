//! Workflows of any shape, put together by a test: what each step does when its turn comes, and a log of what it did.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jobs::{Attempt, Limits, Policy, Step, StepError, Turn, Undone, Worker, Workflow};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::house::{House, Running, quick};

type Code = Arc<dyn Fn(&Attempt) -> Result<Value, StepError> + Send + Sync>;
type TurnOf = Arc<dyn Fn(&Attempt) -> Turn + Send + Sync>;

/// A step of a shape.
#[derive(Clone)]
pub(crate) struct Part {
    name: &'static str,
    turn: TurnOf,
    code: Code,
    /// Waits for this before it acts.
    gate: Option<CancellationToken>,
    group: Option<i16>,
    undo: Undone,
    tells: bool,
    /// Only the first attempt waits at the gate, and tells its progress behind it.
    once: bool,
}

impl Part {
    /// A step that acts and goes well.
    pub(crate) fn of(name: &'static str) -> Self {
        Self {
            name,
            turn: Arc::new(|_| Turn::Act),
            code: Arc::new(|at| Ok(json!({"by": at.step, "input": at.input}))),
            gate: None,
            group: None,
            undo: Undone::Reverted,
            tells: false,
            once: false,
        }
    }

    pub(crate) fn turn(mut self, turn: impl Fn(&Attempt) -> Turn + Send + Sync + 'static) -> Self {
        self.turn = Arc::new(turn);
        self
    }

    pub(crate) fn does(
        mut self,
        code: impl Fn(&Attempt) -> Result<Value, StepError> + Send + Sync + 'static,
    ) -> Self {
        self.code = Arc::new(code);
        self
    }

    pub(crate) fn behind(mut self, gate: &CancellationToken) -> Self {
        self.gate = Some(gate.clone());
        self
    }

    /// Only the first attempt waits at the gate; behind it, it tells of itself.
    pub(crate) fn behind_once(self, gate: &CancellationToken) -> Self {
        Self { once: true, ..self.behind(gate) }
    }

    pub(crate) fn beside(mut self, group: i16) -> Self {
        self.group = Some(group);
        self
    }

    pub(crate) fn keeps(mut self) -> Self {
        self.undo = Undone::Kept;
        self
    }

    /// It tells its progress before it acts.
    pub(crate) fn tells(mut self) -> Self {
        self.tells = true;
        self
    }
}

/// What the steps of a shape did, in order: `do <step>`, `undo <step>`.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn count(&self, line: &str) -> usize {
        self.lines().iter().filter(|known| *known == line).count()
    }
}

/// A workflow of parts.
#[derive(Clone)]
pub(crate) struct Shape {
    name: &'static str,
    version: u32,
    parts: Vec<Part>,
    pub(crate) log: Log,
}

impl Shape {
    pub(crate) fn new(name: &'static str, parts: Vec<Part>) -> Self {
        Self { name, version: 1, parts, log: Log::default() }
    }

    pub(crate) fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    pub(crate) fn worker(&self, house: &House) -> Running {
        worker(house, [self.clone()])
    }
}

/// A worker of another process on these shapes.
pub(crate) fn worker(house: &House, shapes: impl IntoIterator<Item = Shape>) -> Running {
    let workflows = shapes.into_iter().map(|shape| Arc::new(shape) as Arc<dyn Workflow>);
    let worker = Worker::new(
        house.other_process(),
        house.clock.clone(),
        workflows.collect(),
        Limits::default(),
    );
    Running::spawn(worker.with_pace(quick()))
}

#[async_trait]
impl Workflow for Shape {
    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn steps(&self) -> Vec<Arc<dyn Step>> {
        let step = |part: &Part| Arc::new(Played(part.clone(), self.log.clone())) as Arc<dyn Step>;
        self.parts.iter().map(step).collect()
    }

    async fn finished(&self, _: &mut pg::TenantTx, at: &Attempt) -> Result<(), StepError> {
        let known: BTreeMap<_, _> = at.outputs.iter().collect();
        self.log.add(format!("finished with {}", known.len()));
        Ok(())
    }

    async fn failed(
        &self,
        _: &mut pg::TenantTx,
        _: &Attempt,
        failure: &jobs::StepFailure,
    ) -> Result<(), StepError> {
        self.log.add(format!("failed at {} with {}", failure.step, failure.reason));
        Ok(())
    }
}

struct Played(Part, Log);

#[async_trait]
impl Step for Played {
    fn name(&self) -> &'static str {
        self.0.name
    }

    fn policy(&self) -> Policy {
        Policy { base: Duration::ZERO, timeout: Duration::from_secs(60), ..Policy::default() }
    }

    fn side_by_side(&self) -> Option<i16> {
        self.0.group
    }

    async fn turn(&self, at: &Attempt) -> Result<Turn, StepError> {
        Ok((self.0.turn)(at))
    }

    async fn run(&self, at: &Attempt) -> Result<Value, StepError> {
        self.1.add(format!("do {}", self.0.name));
        if self.0.tells {
            at.progress(40, "on the way");
            at.keep_checkpoint(&json!({"at": at.number})).await?;
        }
        if let Some(gate) = self.0.gate.as_ref().filter(|_| !self.0.once || at.number == 1) {
            gate.cancelled().await;
            if self.0.once {
                at.progress(99, "from the dead");
                let kept = at.keep_checkpoint(&json!({"from": "the dead"})).await;
                self.1.add(format!("late: {}", kept.map_or_else(|e| e.reason, |()| "kept".into())));
            }
        }
        (self.0.code)(at)
    }

    async fn undo(&self, at: &Attempt) -> Result<Undone, StepError> {
        self.1.add(format!("undo {}", at.step));
        Ok(self.0.undo)
    }
}
