//! What the worker's loops have in common: the known workflows, and the leases held.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kernel::{Clock, TenantId};
use pg::Db;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Limits, Pace};
use crate::{
    Effect, Going, Step, StepFailure, StepState, Workflow,
    planner::{Duty, Place, RunView, StepView},
    store::{
        claim::Lease,
        load::{RunRow, StepRow},
        settle,
    },
};

pub(super) struct Engine {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    pub(super) pace: Pace,
    /// Random per worker, so that a restarted process never takes itself for the old one.
    pub(super) id: Uuid,
    known: HashMap<(String, i32), Arc<Known>>,
    grips: Mutex<HashMap<i64, Grip>>,
    served: Mutex<TenantId>,
}

/// A workflow this worker can work on.
pub(super) struct Known {
    pub(super) workflow: Arc<dyn Workflow>,
    pub(super) steps: Vec<Arc<dyn Step>>,
}

/// How the loop that renews leases reaches the attempt that runs under one.
#[derive(Debug, Clone)]
pub(super) struct Grip {
    pub(super) lease: Lease,
    /// The lease was lost: another worker may be at it already.
    pub(super) lost: CancellationToken,
    /// Somebody asked for the run to stop.
    pub(super) cancel: CancellationToken,
}

/// A run in a worker's hands.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) lease: Lease,
    pub(super) run: RunRow,
    pub(super) steps: Vec<StepRow>,
    pub(super) duty: Duty,
    pub(super) known: Arc<Known>,
    /// Other steps beside this one are ready or under way; known once the run is locked.
    pub(super) company: bool,
}

impl Engine {
    pub(super) fn new(
        db: Db,
        clock: Clock,
        workflows: Vec<Arc<dyn Workflow>>,
        limits: Limits,
    ) -> Self {
        let known = workflows
            .into_iter()
            .map(|workflow| {
                let name = (workflow.name().to_owned(), workflow.version().cast_signed());
                (name, Arc::new(Known { steps: workflow.steps(), workflow }))
            })
            .collect();
        Self {
            db,
            clock,
            limits,
            pace: Pace::default(),
            id: Uuid::new_v4(),
            known,
            grips: Mutex::default(),
            served: Mutex::new(Uuid::nil().into()),
        }
    }

    /// Names and versions of the known workflows, as the store takes them.
    pub(super) fn workflows(&self) -> (Vec<String>, Vec<i32>) {
        self.known.keys().cloned().unzip()
    }

    /// The limits of the known workflows, in the order of [`Engine::workflows`].
    pub(super) fn most(&self) -> Vec<Option<i32>> {
        let most = |known: &Arc<Known>| known.workflow.most_at_once();
        self.known.values().map(|known| most(known).map(u32::cast_signed)).collect()
    }

    pub(super) fn known(&self, run: &RunRow) -> Option<Arc<Known>> {
        self.known.get(&(run.workflow.clone(), run.version)).cloned()
    }

    pub(super) fn grips(&self) -> MutexGuard<'_, HashMap<i64, Grip>> {
        self.grips.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tenant served last.
    pub(super) fn served(&self) -> MutexGuard<'_, TenantId> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker that was not seen for this long is gone.
    pub(super) fn unseen_millis(&self) -> i64 {
        let unseen = self.pace.sweep.saturating_mul(6).max(self.pace.lease);
        i64::try_from(unseen.as_millis()).unwrap_or(i64::MAX)
    }

    pub(super) fn lease_millis(&self) -> i64 {
        i64::try_from(self.pace.lease.as_millis()).unwrap_or(i64::MAX)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("id", &self.id)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Held {
    /// An attempt begins here, and counts before it does, so that a crash counts too.
    pub(super) fn begin(&mut self, place: Place) {
        self.duty = Duty::Attempt(place);
        self.lease.going = place.going;
        self.lease.step = settle::number(place.step);
        let Some(row) = self.steps.get_mut(place.step) else {
            return;
        };
        match place.going {
            Going::Forward => (row.state, row.attempts) = (StepState::Running, row.attempts + 1),
            Going::Back => {
                (row.state, row.undo_attempts) = (StepState::Undoing, row.undo_attempts + 1);
            }
        }
    }

    /// The attempt is over, as it was written.
    pub(super) fn end(&mut self, state: StepState, effect: Effect, output: Option<Value>) {
        let at = self.step();
        let Some(row) = self.steps.get_mut(at) else {
            return;
        };
        (row.state, row.effect) = (state, effect);
        (row.waits_for, row.waits_until) = (None, None);
        match state {
            StepState::Done | StepState::Skipped => {
                row.output = output.or_else(|| row.output.take());
                row.checkpoint = None;
            }
            StepState::Undone => (row.output, row.checkpoint) = (None, None),
            _ => {}
        }
    }

    /// The number of the step that is due.
    pub(super) fn step(&self) -> usize {
        self.lease.place().step
    }

    pub(super) fn row(&self) -> Option<&StepRow> {
        self.steps.get(self.step())
    }

    /// The code of the step that is due; `None` where this build's workflow has no step of that name.
    pub(super) fn code(&self) -> Option<&Arc<dyn Step>> {
        self.code_of(self.step())
    }

    /// The code of a step; see [`Held::code`].
    pub(super) fn code_of(&self, step: usize) -> Option<&Arc<dyn Step>> {
        let name = &self.steps.get(step)?.name;
        self.known.steps.iter().find(|step| step.name() == name)
    }

    /// The outputs of the steps that are done, by name.
    pub(super) fn outputs(&self) -> BTreeMap<String, Value> {
        let output = |step: &StepRow| Some((step.name.clone(), step.output.clone()?));
        self.steps.iter().filter_map(output).collect()
    }

    pub(super) fn views(&self, going: Going) -> Vec<StepView> {
        self.steps.iter().map(|step| step.view(going)).collect()
    }

    /// The run as the planner sees it. A run that goes back without a failure was turned by a cancellation.
    pub(super) fn view<'a>(&self, steps: &'a [StepView]) -> RunView<'a> {
        RunView {
            steps,
            cancelled: self.run.cancelled_by.is_some(),
            turned_by: self.run.failure.as_ref().map(|failure| failure.class),
            paused: self.run.paused,
            company: self.company,
        }
    }

    /// Why a run stops that somebody asked to stop.
    pub(super) fn cancellation(&self) -> StepFailure {
        let by = self.run.cancelled_by.as_deref().unwrap_or("the step itself");
        let step = self.row().map_or("", |row| row.name.as_str());
        StepFailure::of(step, &crate::StepError::cancelled(format!("cancelled by {by}")))
    }
}
