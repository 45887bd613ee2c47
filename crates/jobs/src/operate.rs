//! What a person may do about a run. Every verb keeps who did what and why with the run, and answers it, so that the
//! caller can audit it in the same transaction.

use std::sync::Arc;

use kernel::{Cx, JobId};
use pg::{OnConstraint, TenantTx};
use serde_json::Value;

use crate::{
    Effect, Error, Going, JobState, Result, Skipped, StepState, Verb, Workflow,
    intervention::Intervention, planner, store,
};
use store::{load::StepRow, operate::Locked};

/// Longest reason that is kept.
const REASON: usize = 500;

/// Tries a run again: a failed or cancelled one goes on from its first step that does not stand (failed or
/// undone), a stuck one tries the failed undo again, a waiting one no longer waits for its next attempt. Attempts
/// count from zero.
///
/// # Errors
/// [`Error::UnknownJob`]; [`Error::WrongState`] for a run that is done or under way; [`Error::SingletonTaken`].
pub async fn retry(tx: &mut TenantTx, cx: &Cx, id: JobId) -> Result<Intervention> {
    let run = lock(tx, id).await?;
    let done = match run.state {
        JobState::Waiting => store::operate::hasten(tx, id).await?,
        JobState::Stuck => {
            let step = store::operate::reset_undo(tx, id).await?;
            reopen(tx, id, Going::Back, &[step]).await?;
            true
        }
        JobState::Failed | JobState::Cancelled => {
            go_on(tx, id).await?;
            true
        }
        JobState::Queued | JobState::Running | JobState::Done => false,
    };
    if !done {
        return Err(Error::WrongState(run.state));
    }
    kept(tx, cx, &run, Said::of(Verb::Retry)).await
}

/// Asks a run to stop. It then makes no further attempt, gives up the one under way, undoes what acted and ends
/// as cancelled, with [`crate::Workflow::failed`]; a paused run is paused no longer. A run that is already undoing or
/// cancelled is left as it is. A run that no living worker knows and that did nothing yet ends at once, without the hook.
///
/// # Errors
/// [`Error::UnknownJob`]; [`Error::WrongState`] for a run that ended otherwise.
pub async fn cancel(tx: &mut TenantTx, cx: &Cx, id: JobId) -> Result<Intervention> {
    let run = lock(tx, id).await?;
    let said = Said::of(Verb::Cancel);
    match run.state {
        JobState::Cancelled => return Ok(run.intervention(cx, &said)),
        JobState::Done | JobState::Failed | JobState::Stuck => {
            return Err(Error::WrongState(run.state));
        }
        JobState::Queued | JobState::Running | JobState::Waiting => {}
    }
    if run.turned || run.cancelled {
        return Ok(run.intervention(cx, &said));
    }
    store::operate::mark_cancelled(tx, id, &cx.actor.label()).await?;
    if run.held && store::child::last_acted(tx, id).await?.is_none() {
        store::operate::end(tx, id, JobState::Cancelled).await?;
    } else {
        store::operate::unpause(tx, id).await?;
        store::operate::hasten(tx, id).await?;
    }
    kept(tx, cx, &run, said).await
}

/// Lets a run make no further attempt until it is resumed; the one under way may finish. Times at which it would be
/// due are kept. Pausing again changes nothing.
///
/// # Errors
/// [`Error::UnknownJob`]; [`Error::WrongState`] for a run that has ended.
pub async fn pause(tx: &mut TenantTx, cx: &Cx, id: JobId, reason: &str) -> Result<Intervention> {
    let said = Said { reason: Some(read_reason(reason)?), ..Said::of(Verb::Pause) };
    let run = lock(tx, id).await?;
    if run.state.has_ended() {
        return Err(Error::WrongState(run.state));
    }
    if run.paused {
        return Ok(run.intervention(cx, &said));
    }
    store::operate::pause(tx, id, &cx.actor.label()).await?;
    kept(tx, cx, &run, said).await
}

/// Lets a paused run go on, from where and when it would have.
///
/// # Errors
/// [`Error::UnknownJob`]; [`Error::NotPaused`].
pub async fn resume(tx: &mut TenantTx, cx: &Cx, id: JobId) -> Result<Intervention> {
    let run = lock(tx, id).await?;
    if !run.paused {
        return Err(Error::NotPaused);
    }
    store::operate::unpause(tx, id).await?;
    kept(tx, cx, &run, Said::of(Verb::Resume)).await
}

/// Begins an ended run anew from a step, that step included, with the input it had or an edited one. The steps before
/// must stand. What the steps from there did outside still stands and is done over: with the same idempotency key, or
/// with a new one where the input is edited, since the other side must not take that for a repeat. Signals that those
/// steps took are theirs to take again.
///
/// # Errors
/// [`Error::UnknownJob`]; [`Error::WrongState`] for a run that is under way or stuck; [`Error::UnknownStep`];
/// [`Error::EarlierStep`] where a step before does not stand; [`Error::SingletonTaken`].
pub async fn retry_from(
    tx: &mut TenantTx,
    cx: &Cx,
    id: JobId,
    step: &str,
    input: Option<&Value>,
) -> Result<Intervention> {
    let run = lock(tx, id).await?;
    if !matches!(run.state, JobState::Done | JobState::Failed | JobState::Cancelled) {
        return Err(Error::WrongState(run.state));
    }
    let steps = store::load::steps_of(tx, id).await?;
    let at = position(&steps, step)?;
    let views: Vec<_> = steps.iter().map(|step| step.view(Going::Forward)).collect();
    let group = planner::beside(&views, at);
    if let Some(missing) = steps[..group.start].iter().find(|step| !step.view(Going::Forward).done)
    {
        return Err(Error::EarlierStep(missing.name.clone()));
    }
    store::operate::reset_from(tx, id, store::settle::number(at), input.is_some()).await?;
    go_on(tx, id).await?;
    let said = Said { step: Some(step), input, ..Said::of(Verb::RetryFrom) };
    kept(tx, cx, &run, said).await
}

/// Takes a step that waits or failed as done, also one that was undone after it had failed, with an output of the
/// person's (`{}` where the step's followers need none); the run goes on after it. What the domain needs of it,
/// [`crate::Step::skipped`] does in the same transaction, with the run locked: whoever locks rows of the domain before
/// runs locks them before this call. `known` are the workflows of this build. What the step may have done outside is
/// still undone should the run turn.
///
/// # Errors
/// [`Error::Reason`]; [`Error::UnknownJob`]; [`Error::UnknownStep`]; [`Error::WrongStep`] for a step that neither waits
/// nor failed; [`Error::WrongState`] where the run is undoing or stuck; [`Error::EarlierStep`]; [`Error::UnknownCode`];
/// [`Error::SkipRefused`]; [`Error::SingletonTaken`].
pub async fn skip_step(
    tx: &mut TenantTx,
    cx: &Cx,
    id: JobId,
    step: &str,
    output: &Value,
    reason: &str,
    known: &[Arc<dyn Workflow>],
) -> Result<Intervention> {
    let reason = read_reason(reason)?;
    let run = lock(tx, id).await?;
    let steps = store::load::steps_of(tx, id).await?;
    let at = position(&steps, step)?;
    let forward = match run.state {
        JobState::Queued | JobState::Running | JobState::Waiting => !run.turned && !run.cancelled,
        JobState::Failed | JobState::Cancelled => true,
        JobState::Done | JobState::Stuck => false,
    };
    if !forward {
        return Err(Error::WrongState(run.state));
    }
    let undone = run.state.has_ended() && steps[at].state == StepState::Undone;
    if !undone && !matches!(steps[at].state, StepState::Waiting | StepState::Failed) {
        return Err(Error::WrongStep(steps[at].state));
    }
    let beside =
        |step: &StepRow| step.side_by_side.is_some() && step.side_by_side == steps[at].side_by_side;
    let missing = |step: &&StepRow| step.output.is_none() && !beside(step);
    if let Some(missing) = steps[..at].iter().find(missing) {
        return Err(Error::EarlierStep(missing.name.clone()));
    }
    told_code(tx, cx, &run, step, known).await?;
    let number = store::settle::number(at);
    store::operate::mark_skipped(tx, id, number, output, reason, &cx.actor.label()).await?;
    if run.state.has_ended() {
        go_on(tx, id).await?;
    } else if store::operate::drop_ready(tx, id, number).await? {
        let views: Vec<_> = steps.iter().map(|step| step.view(Going::Forward)).collect();
        let after = planner::beside(&views, at).end;
        store::operate::insert_ready(tx, id, Going::Forward, &starts(&steps, after)).await?;
    }
    let said = Said { step: Some(step), reason: Some(reason), ..Said::of(Verb::SkipStep) };
    kept(tx, cx, &run, said).await
}

/// Takes a step whose undo failed for good as taken back: a person saw to it. The run goes on undoing.
///
/// # Errors
/// [`Error::Reason`]; [`Error::UnknownJob`]; [`Error::WrongState`] for a run that is not stuck; [`Error::UnknownStep`];
/// [`Error::WrongStep`] for another step than the stuck one; [`Error::SingletonTaken`].
pub async fn mark_undone(
    tx: &mut TenantTx,
    cx: &Cx,
    id: JobId,
    step: &str,
    reason: &str,
) -> Result<Intervention> {
    let reason = read_reason(reason)?;
    let run = lock(tx, id).await?;
    if run.state != JobState::Stuck {
        return Err(Error::WrongState(run.state));
    }
    let steps = store::load::steps_of(tx, id).await?;
    let at = position(&steps, step)?;
    if steps[at].state != StepState::Stuck {
        return Err(Error::WrongStep(steps[at].state));
    }
    let number = store::settle::number(at);
    store::operate::mark_undone(tx, id, number, reason, &cx.actor.label()).await?;
    let next = steps[..at].iter().rposition(|step| step.effect == Effect::Unknown);
    // Past the last step there is nothing left to undo, and the worker ends the run.
    let next = store::settle::number(next.unwrap_or(steps.len()));
    reopen(tx, id, Going::Back, &[next]).await?;
    let said = Said { step: Some(step), reason: Some(reason), ..Said::of(Verb::MarkUndone) };
    kept(tx, cx, &run, said).await
}

/// Ends a run that is stuck, or that no living worker knows, as failed, whatever still stands outside. No hook is asked:
/// what the domain needs, the caller does in the same transaction.
///
/// # Errors
/// [`Error::Reason`]; [`Error::UnknownJob`]; [`Error::WrongState`] for any other run.
pub async fn abandon(tx: &mut TenantTx, cx: &Cx, id: JobId, reason: &str) -> Result<Intervention> {
    let reason = read_reason(reason)?;
    let run = lock(tx, id).await?;
    let held = run.held && !run.state.has_ended();
    if run.state != JobState::Stuck && !held {
        return Err(Error::WrongState(run.state));
    }
    store::operate::end(tx, id, JobState::Failed).await?;
    kept(tx, cx, &run, Said { reason: Some(reason), ..Said::of(Verb::Abandon) }).await
}

/// What was done to a run by people, oldest first.
///
/// # Errors
/// The database's.
pub async fn interventions(tx: &mut TenantTx, id: JobId) -> pg::Result<Vec<Intervention>> {
    store::operate::interventions(tx, id).await
}

async fn lock(tx: &mut TenantTx, id: JobId) -> Result<Locked> {
    store::operate::lock_run(tx, id).await?.ok_or(Error::UnknownJob)
}

/// Has the step's code keep in the domain what follows from the skip.
async fn told_code(
    tx: &mut TenantTx,
    cx: &Cx,
    run: &Locked,
    step: &str,
    known: &[Arc<dyn Workflow>],
) -> Result<()> {
    let (version, input) = store::operate::begun_with(tx, run.id).await?;
    let workflow = known
        .iter()
        .find(|one| one.name() == run.workflow && one.version().cast_signed() == version)
        .ok_or(Error::UnknownCode)?;
    let steps = workflow.steps();
    let code = steps.iter().find(|one| one.name() == step).ok_or(Error::UnknownCode)?;
    let skipped = Skipped { cx, job: run.id, key: &run.key, input };
    code.skipped(tx, &skipped).await.map_err(Error::SkipRefused)
}

/// Gives the steps that do not stand a fresh start and makes the run ready at the first of them.
pub(crate) async fn go_on(tx: &mut TenantTx, id: JobId) -> Result<()> {
    store::operate::reset_steps(tx, id).await?;
    let steps = store::load::steps_of(tx, id).await?;
    let first = steps.iter().position(|step| step.output.is_none()).unwrap_or(steps.len());
    reopen(tx, id, Going::Forward, &starts(&steps, first)).await
}

/// Makes an ended run ready again, unless another holds its singleton key by now.
pub(crate) async fn reopen(
    tx: &mut TenantTx,
    id: JobId,
    going: Going,
    steps: &[i16],
) -> Result<()> {
    if let Some(rival) = store::operate::rival(tx, id).await? {
        return Err(Error::SingletonTaken(rival));
    }
    // One that began since.
    store::operate::reopen(tx, id, going, steps)
        .await
        .on_constraint("jobs_singleton_key", || Error::SingletonTaken(id))
}

/// The steps that begin together where `from` is due.
fn starts(steps: &[StepRow], from: usize) -> Vec<i16> {
    let views: Vec<_> = steps.iter().map(|step| step.view(Going::Forward)).collect();
    planner::starts(&views, from).into_iter().map(store::settle::number).collect()
}

fn position(steps: &[StepRow], name: &str) -> Result<usize> {
    steps.iter().position(|step| step.name == name).ok_or(Error::UnknownStep)
}

fn read_reason(reason: &str) -> Result<&str> {
    let reason = reason.trim();
    let fits = !reason.is_empty() && reason.chars().count() <= REASON;
    fits.then_some(reason).ok_or(Error::Reason)
}

/// What a person said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said<'a> {
    pub(crate) verb: Verb,
    pub(crate) step: Option<&'a str>,
    pub(crate) reason: Option<&'a str>,
    pub(crate) input: Option<&'a Value>,
}

impl Said<'_> {
    const fn of(verb: Verb) -> Self {
        Self { verb, step: None, reason: None, input: None }
    }
}

/// Keeps what was done beside the run.
async fn kept(tx: &mut TenantTx, cx: &Cx, run: &Locked, said: Said<'_>) -> Result<Intervention> {
    let mut intervention = run.intervention(cx, &said);
    intervention.at = Some(store::operate::insert_intervention(tx, &intervention).await?);
    tracing::info!(
        job.id = %run.id, actor = intervention.actor, verb = %said.verb, was = %run.state, "a person changed a job"
    );
    tx.wake_worker();
    Ok(intervention)
}
