//! Writing how an attempt ended: fence, result, hooks and the next ready row in one commit.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use kernel::Timestamp;
use pg::TenantTx;
use serde_json::{Value, json};
use sqlx::types::Json;
use tokio_util::sync::CancellationToken;

use super::{
    attempt::caught,
    ended::Ended,
    engine::{Engine, Held},
    pace::jittered,
    wait,
};
use crate::{
    Attempt, Going, HeldFor, JobState, Moved, StepError, StepFailure, StepState,
    planner::{self, Next, Transition},
    store::{
        child, host, load,
        settle::{self, Fence, Ready, StepChange},
    },
};

/// How often a hook may refuse before the end is written without it.
const REFUSALS: u32 = 3;

/// What came of one try to write.
enum Written {
    Yes,
    /// The lease is no longer ours; nothing was written.
    Stale,
    /// The domain refused; nothing was written.
    Refused(StepError),
}

/// A run whose step this build lacks is looked at again after this pause, by whichever build takes it then.
const LACKING: Duration = Duration::from_secs(30);

/// The output of a step that was skipped.
static NOTHING: LazyLock<Value> = LazyLock::new(|| json!({}));

/// Whether hooks are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hooks {
    Asked,
    LeftOut,
}

/// Writes how the attempt ended, again and again while the database is away, until it is written or the lease is
/// somebody else's.
pub(super) async fn settle(
    engine: &Engine,
    mut held: Held,
    at: Attempt,
    mut ended: Ended,
    fence: Fence,
    lost: &CancellationToken,
) {
    let (mut refusals, mut hooks, mut pause) = (0, Hooks::Asked, engine.pace.poll_min);
    let begun = Instant::now();
    loop {
        match write(engine, &mut held, &at, &ended, fence, hooks).await {
            Ok(Written::Yes) => return,
            Ok(Written::Stale) => return count_lost(&held),
            Ok(Written::Refused(error)) => {
                refusals += 1;
                tracing::warn!(error = %error, job.id = %at.job, step = at.step, "the end of an attempt was refused");
                if matches!(ended, Ended::Done(_) | Ended::Waits(_)) {
                    // A database that was away for a moment is no reason to act outside a second time.
                    if error.reason != "database_unavailable" || refusals >= REFUSALS {
                        (ended, refusals) = (Ended::Failed(error.with_unknown_effect()), 0);
                        continue;
                    }
                } else if refusals >= REFUSALS {
                    hooks = Hooks::LeftOut;
                }
            }
            Err(failure) => {
                tracing::warn!(error = %failure, job.id = %at.job, "the end of an attempt could not be written");
                // The sweep of whoever is alive takes over; an expired lease is found by the next sweep again.
                if fence == Fence::Expired || begun.elapsed() > engine.pace.lease.saturating_mul(10)
                {
                    return;
                }
            }
        }
        tokio::select! {
            () = lost.cancelled() => return count_lost(&held),
            () = tokio::time::sleep(jittered(pause)) => pause = (pause * 2).min(Duration::from_secs(1)),
        }
    }
}

pub(super) fn count_lost(held: &Held) {
    metrics::counter!("usher_job_lease_lost_total").increment(1);
    tracing::warn!(job.id = %held.run.id, "the lease was lost; another worker has the job");
}

async fn write(
    engine: &Engine,
    held: &mut Held,
    at: &Attempt,
    ended: &Ended,
    fence: Fence,
    hooks: Hooks,
) -> pg::Result<Written> {
    let mut tx = engine.db.tenant(held.lease.tenant, "settle_job").await?;
    let Some(asked) = settle::fence(&mut tx, &held.lease, fence).await? else {
        return Ok(Written::Stale);
    };
    (held.run.cancelled_by, held.run.paused) = (asked.cancelled_by, asked.paused);
    if matches!(ended, Ended::PutBack) {
        put_back(engine, held, &mut tx).await?;
        tx.commit().await?;
        return Ok(Written::Yes);
    }
    let now = engine.clock.now();
    let resolved = wait::resolve(&mut tx, held, at, ended, now).await?;
    let ended = resolved.as_ref().unwrap_or(ended);
    if let (Some(output), Some(step)) = (ended.output(), held.code())
        && let Err(refused) = caught(step.record(&mut tx, at, output)).await
    {
        return Ok(Written::Refused(refused));
    }
    // Last, so that nobody waits for a hook of the domain who need not.
    meet_others(held, &mut tx).await?;
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
    let change = Change { held, at, ended, transition, failure, now };
    if hooks == Hooks::Asked
        && let Err(refused) = caught(change.ask_hooks(&mut tx)).await
    {
        return Ok(Written::Refused(refused));
    }
    change.keep(&mut tx).await?;
    tx.commit().await?;
    Ok(Written::Yes)
}

/// Steps side by side end one after the other, and a pause is not missed.
async fn meet_others(held: &mut Held, tx: &mut TenantTx) -> pg::Result<()> {
    let grouped = held.row().is_some_and(|row| row.side_by_side.is_some());
    if !grouped && !held.run.paused {
        return Ok(());
    }
    let run = settle::lock_run(tx, &held.lease).await?;
    (held.run.cancelled_by, held.run.paused) = (run.cancelled_by, run.paused);
    if grouped {
        (held.run.failure, held.company) = (run.failure, run.company);
        held.steps = load::steps_of(tx, held.lease.job).await?;
    }
    Ok(())
}

/// Puts a run back that may not go on: paused, or with a step that this build lacks.
async fn put_back(engine: &Engine, held: &mut Held, tx: &mut TenantTx) -> pg::Result<()> {
    let run = settle::lock_run(tx, &held.lease).await?;
    let lacking = held.step() < held.steps.len() && held.code().is_none();
    if lacking {
        settle::hold(tx, &held.lease, HeldFor::Step).await?;
        let workflow = held.known.workflow.name();
        let step = held.row().map(|row| row.name.as_str());
        tracing::warn!(job.id = %held.run.id, workflow, step, "a job waits for a build that has its step");
    }
    let ready = Ready {
        going: held.lease.going,
        steps: vec![held.lease.step],
        due: lacking.then(|| engine.clock.now().after(LACKING)),
        paused: run.paused,
    };
    settle::insert_ready(tx, &held.lease, &held.run, &ready).await
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

/// All that one settling writes.
struct Change<'a> {
    held: &'a Held,
    at: &'a Attempt,
    ended: &'a Ended,
    transition: Transition,
    failure: Option<StepFailure>,
    now: Timestamp,
}

impl Change<'_> {
    async fn ask_hooks(&self, tx: &mut TenantTx) -> Result<(), StepError> {
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

    async fn keep(&self, tx: &mut TenantTx) -> pg::Result<()> {
        let Self { held, transition, now, .. } = self;
        let lease = &held.lease;
        let given_up = transition.step == StepState::Failed;
        if !matches!(self.ended, Ended::Nothing) || given_up {
            settle::update_step(tx, lease, held.step(), &self.step()).await?;
            self.at.notes.write_last(tx).await?;
        }
        if self.ended.error().is_some_and(StepError::is_put_off) {
            host::uncount(tx, lease, lease.step).await?;
        }
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
            let ready = Ready { going, steps, due, paused: held.run.paused };
            settle::insert_ready(tx, lease, &held.run, &ready).await?;
        }
        if transition.turns && held.company {
            settle::hasten_beside(tx, lease).await?;
        }
        let state = self.state();
        // The run's row stays untouched from step to step.
        if state != JobState::Running || self.failure.is_some() {
            settle::update_run(tx, lease, state, self.failure.as_ref(), *now).await?;
        }
        if state.has_ended() && state != JobState::Stuck && held.run.parent_job.is_some() {
            child::wake_parent(tx, lease.job).await?;
        }
        // Also at an end: it frees one of the tenant's places.
        tx.wake_worker();
        Ok(())
    }

    /// What is written of the step.
    fn step(&self) -> StepChange<'_> {
        StepChange {
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
