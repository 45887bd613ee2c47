//! Workflows that do nothing, and say when they did it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use async_trait::async_trait;
use jobs::{Attempt, Step, StepError, Workflow};
use pg::TenantTx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// What a run is started with.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Input {
    pub(crate) number: usize,
}

/// What has been seen of the runs.
#[derive(Default)]
pub(crate) struct Seen {
    attempts: AtomicUsize,
    starts: Mutex<HashMap<usize, Instant>>,
    ends: Mutex<HashMap<usize, oneshot::Sender<()>>>,
}

impl Seen {
    /// Steps made so far.
    pub(crate) fn attempts(&self) -> usize {
        self.attempts.load(Ordering::Relaxed)
    }

    /// When the first step of each run began.
    pub(crate) fn starts(&self) -> MutexGuard<'_, HashMap<usize, Instant>> {
        self.starts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears when a run ends, just before its end is committed.
    pub(crate) fn end_of(&self, number: usize) -> oneshot::Receiver<()> {
        let (teller, told) = oneshot::channel();
        self.ends().insert(number, teller);
        told
    }

    fn ends(&self) -> MutexGuard<'_, HashMap<usize, oneshot::Sender<()>>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A workflow of steps that do nothing.
pub(crate) struct Noop {
    pub(crate) name: &'static str,
    pub(crate) steps: &'static [&'static str],
    pub(crate) seen: Arc<Seen>,
}

#[async_trait]
impl Workflow for Noop {
    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> u32 {
        1
    }

    fn steps(&self) -> Vec<Arc<dyn Step>> {
        let step = |name: &&'static str| {
            Arc::new(Nothing { name, seen: Arc::clone(&self.seen) }) as Arc<dyn Step>
        };
        self.steps.iter().map(step).collect()
    }

    async fn finished(&self, _tx: &mut TenantTx, at: &Attempt) -> Result<(), StepError> {
        let teller = self.seen.ends().remove(&at.read_input::<Input>()?.number);
        if let Some(teller) = teller {
            // Nobody has to listen.
            let _ = teller.send(());
        }
        Ok(())
    }
}

struct Nothing {
    name: &'static str,
    seen: Arc<Seen>,
}

#[async_trait]
impl Step for Nothing {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn run(&self, at: &Attempt) -> Result<Value, StepError> {
        let now = Instant::now();
        let number = at.read_input::<Input>()?.number;
        self.seen.starts().entry(number).or_insert(now);
        self.seen.attempts.fetch_add(1, Ordering::Relaxed);
        Ok(json!({}))
    }
}
