//! All that one settling writes, and which hooks it asks.

use std::sync::LazyLock;

use kernel::Timestamp;
use pg::TenantTx;
use serde_json::{Value, json};
use sqlx::types::Json;

use super::{
    ended::Ended,
    engine::{Engine, Held},
    settle::{Hooks, Terms},
};
use crate::{
    Attempt, Effect, Going, JobState, Moved, StepError, StepFailure, StepState,
    planner::{self, Next, Transition},
    store::{
        child,
        claim::Lease,
        host,
        settle::{self, Fence, Ready, RunChange, StepChange},
    },
};

/// The output of a step that was skipped.
static NOTHING: LazyLock<Value> = LazyLock::new(|| json!({}));

/// All that one settling writes.
pub(super) struct Change<'a> {
    held: &'a Held,
    at: &'a Attempt,
    ended: &'a Ended,
    transition: Transition,
    failure: Option<StepFailure>,
    now: Timestamp,
}

impl<'a> Change<'a> {
    pub(super) fn of(
        held: &'a Held,
        at: &'a Attempt,
        ended: &'a Ended,
        hooks: Hooks,
        now: Timestamp,
    ) -> Self {
        let views = held.views(held.lease.going);
        let mut transition = planner::settle(
            &held.view(&views),
            held.lease.place(),
            ended.outcome(),
            now,
            rand::random(),
        );
        if hooks == Hooks::LeftOut && matches!(transition.next, Next::End(_)) {
            transition.next = Next::End(JobState::Stuck);
            transition.step = StepState::Stuck;
        }
        let failure = why_turned(held, &transition, ended.error());
        Self { held, at, ended, transition, failure, now }
    }

    pub(super) async fn ask_hooks(&self, tx: &mut TenantTx) -> Result<(), StepError> {
        let workflow = &self.held.known.workflow;
        if self.state() != JobState::Running {
            workflow.moved(tx, self.at, &self.moved()).await?;
        }
        match (self.transition.next, self.ended.error()) {
            (Next::Retry(due), Some(error))
                if self.held.lease.going == Going::Forward && !error.is_put_off() =>
            {
                let Some(step) = self.held.code() else {
                    return Ok(());
                };
                step.retrying(tx, self.at, error, due.unwrap_or(self.now)).await
            }
            (Next::End(JobState::Done), _) => {
                let mut at = self.at.clone();
                at.outputs = self.held.outputs();
                let own = self.ended.output().map(|output| (at.step.clone(), output.clone()));
                at.outputs.extend(own);
                workflow.finished(tx, &at).await
            }
            (Next::End(JobState::Stuck), Some(error)) => {
                workflow.stuck(tx, self.at, &StepFailure::of(&self.at.step, error)).await
            }
            (Next::End(_), _) => workflow.failed(tx, self.at, &self.why()).await,
            (Next::Retry(_) | Next::Ready(_) | Next::Join, _) => Ok(()),
        }
    }

    /// Where the run stands from now on.
    fn state(&self) -> JobState {
        match self.transition.next {
            // Others beside it go on.
            Next::Retry(_) if self.held.company => JobState::Running,
            Next::Retry(_) => JobState::Waiting,
            Next::Ready(_) | Next::Join => JobState::Running,
            Next::End(end) => end,
        }
    }

    fn moved(&self) -> Moved {
        let error = self.ended.error().map(|error| error.reason.clone().into_owned());
        let turned = self.held.run.failure.is_some() || self.failure.is_some();
        Moved {
            from: JobState::Running,
            to: self.state(),
            reason: error.or_else(|| turned.then(|| self.why().reason)),
        }
    }

    /// Why the run turned back, now or earlier.
    fn why(&self) -> StepFailure {
        let known = self.held.run.failure.as_ref().map(|Json(failure)| failure.clone());
        self.failure.clone().or(known).unwrap_or_else(|| self.held.cancellation())
    }

    /// Answers the lease as it goes on, or `None` where it was given up.
    pub(super) async fn keep(
        &self,
        engine: &Engine,
        tx: &mut TenantTx,
        terms: &Terms<'_>,
    ) -> pg::Result<Option<Lease>> {
        let Self { held, transition, .. } = self;
        let lease = &held.lease;
        let step = self.step();
        if step.number.is_some() {
            self.at.notes.write_last(tx).await?;
        }
        if let Some(next) = self.next().filter(|_| terms.further)
            && settle::go_on(tx, lease, &step, &next, engine.lease_millis()).await?
        {
            return Ok(Some(next));
        }
        if self.ended.error().is_some_and(StepError::is_put_off) {
            host::uncount(tx, lease, lease.step).await?;
        }
        let state = self.state();
        // The run's row stays untouched from step to step.
        let turned = self.failure.as_ref();
        let run = (state != JobState::Running || turned.is_some())
            .then_some(RunChange { state, failure: turned });
        settle::give_up(tx, lease, &step, run.as_ref()).await?;
        let views = held.views(Going::Forward);
        let (going, steps, due) = match transition.next {
            Next::Ready(place) if place.going == Going::Forward => {
                (Going::Forward, planner::starts(&views, place.step), None)
            }
            Next::Ready(place) => (place.going, vec![place.step], None),
            Next::Retry(due) => (lease.going, vec![held.step()], due),
            Next::Join | Next::End(_) => (lease.going, vec![], None),
        };
        if !steps.is_empty() {
            let steps = steps.into_iter().map(settle::number).collect();
            let (due, paused) = self.met(tx, due).await?;
            let ready = Ready { going, steps, due, paused };
            settle::insert_ready(tx, lease, &held.run, &ready).await?;
        }
        if transition.turns && held.company {
            settle::hasten_beside(tx, lease).await?;
        }
        if state.has_ended() && state != JobState::Stuck && held.run.parent_job.is_some() {
            child::wake_parent(tx, lease.job).await?;
            tx.wake_worker();
        }
        // The worker that held the lease hears of its end; whoever took it up is at no place.
        if terms.fence == Fence::Expired {
            tx.wake_worker();
        }
        Ok(None)
    }

    /// When a run that was paused goes on, and whether it still is: whoever resumed or cancelled it meanwhile is not
    /// missed.
    async fn met(
        &self,
        tx: &mut TenantTx,
        due: Option<Timestamp>,
    ) -> pg::Result<(Option<Timestamp>, bool)> {
        if !self.held.run.paused {
            return Ok((due, false));
        }
        let run = settle::lock_run(tx, &self.held.lease).await?;
        let is_stopped = run.cancelled_by.is_some() && self.held.run.cancelled_by.is_none();
        Ok((due.filter(|_| !is_stopped), run.paused))
    }

    /// The step's state, effect and output as they are kept.
    pub(super) fn kept(&self) -> (StepState, Effect, Option<Value>) {
        let step = self.step();
        (step.state, step.effect, step.output.cloned())
    }

    /// The lease as it goes on where one step alone follows, in the direction in which the run goes.
    fn next(&self) -> Option<Lease> {
        let Next::Ready(place) = self.transition.next else {
            return None;
        };
        let lease = self.held.lease;
        let views = self.held.views(place.going);
        let follows = place.going == lease.going
            && self.failure.is_none()
            && !self.held.run.paused
            && !planner::is_grouped(&views, place.step)
            && self.held.code_of(place.step).is_some();
        follows.then(|| Lease { step: settle::number(place.step), ..lease })
    }

    /// What is written of the step.
    fn step(&self) -> StepChange<'_> {
        let attempted = !matches!(self.ended, Ended::Nothing);
        let given_up = self.transition.step == StepState::Failed;
        StepChange {
            number: (attempted || given_up).then_some(self.held.lease.step),
            state: self.transition.step,
            effect: self.transition.effect,
            next_attempt_at: match self.transition.next {
                Next::Retry(due) => Some(due.unwrap_or(self.now)),
                Next::Ready(_) | Next::Join | Next::End(_) => None,
            },
            output: match self.ended {
                // A skipped step stands with nothing to tell.
                Ended::Skipped(_) => Some(&NOTHING),
                other => other.output(),
            },
            error: self.ended.words(),
            waits: self.ended.wait(),
            now: self.now,
        }
    }
}

/// The failure to keep with the run where it turns now, or turned for a cancellation when it was taken.
fn why_turned(
    held: &Held,
    transition: &Transition,
    error: Option<&StepError>,
) -> Option<StepFailure> {
    let turned_when_taken = held.lease.going == Going::Back && held.run.failure.is_none();
    if !transition.turns && !turned_when_taken {
        return None;
    }
    match error {
        Some(error) if held.run.cancelled_by.is_none() => {
            Some(StepFailure::of(held.row().map_or("", |row| row.name.as_str()), error))
        }
        _ => Some(held.cancellation()),
    }
}
