//! Decides what happens next to a run; pure, so that every rule of the engine can be tested without one.

use std::time::Duration;

use kernel::Timestamp;

use crate::{Class, Effect, Going, JobState, Policy, StepError, StepState, Undone};

/// A fault of ours is not mended by trying often.
const SYSTEM_ATTEMPTS: u32 = 3;

/// Which step is due, in which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) going: Going,
    pub(crate) step: usize,
}

/// What the planner must know of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StepView {
    /// It came to an output that still stands, or was skipped.
    pub(crate) done: bool,
    /// It may have acted.
    pub(crate) effect: Effect,
    /// Attempts begun in the present direction, the one under way included.
    pub(crate) attempts: u32,
    pub(crate) policy: Policy,
    /// Neighbours of the same number run side by side.
    pub(crate) group: Option<i16>,
}

/// What the planner must know of a run.
#[derive(Debug, Clone)]
pub(crate) struct RunView<'a> {
    pub(crate) steps: &'a [StepView],
    /// Somebody asked for it to stop.
    pub(crate) cancelled: bool,
    /// Why it turned back, once it has.
    pub(crate) turned_by: Option<Class>,
    /// No attempt is to begin.
    pub(crate) paused: bool,
    /// Other steps beside this one are ready or under way.
    pub(crate) company: bool,
}

impl RunView<'_> {
    /// It goes no further forward.
    const fn turning(&self) -> bool {
        self.cancelled || self.turned_by.is_some()
    }

    fn end_of_turned(&self) -> JobState {
        match self.turned_by {
            Some(Class::Cancelled) => JobState::Cancelled,
            Some(_) => JobState::Failed,
            None if self.cancelled => JobState::Cancelled,
            None => JobState::Failed,
        }
    }
}

/// What a worker that takes the run must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duty {
    /// An attempt at doing or undoing a step.
    Attempt(Place),
    /// Nothing is left to do or undo here: only the end, of the run or of a step beside others, is to be written.
    End,
    /// The run is paused: it is put back.
    PutBack,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome<'a> {
    Done,
    /// A wait is over, or the step was not needed: done, and nothing acted.
    Passed(StepState),
    /// It waits for something outside, at the latest until then; what it waits for may have been set going by it.
    Waits(Timestamp, Effect),
    Undone(Undone),
    Failed(&'a StepError),
    /// The worker vanished: nobody knows how far it came.
    Lost(&'a StepError),
    /// There was nothing to attempt.
    Nothing,
}

/// What is written in the transaction that ends an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Transition {
    /// The attempted step's state and effect from now on.
    pub(crate) step: StepState,
    pub(crate) effect: Effect,
    /// The run turns back now.
    pub(crate) turns: bool,
    pub(crate) next: Next,
}

/// Where the run stands afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another step is due at once.
    Ready(Place),
    /// The same step is due again; `None` is at once.
    Retry(Option<Timestamp>),
    /// Others beside this step are not over; the last of them decides.
    Join,
    /// The run has ended in this state.
    End(JobState),
}

/// What to do with a run just taken at `place`. A cancelled run turns here, before another attempt.
pub(crate) fn enter(run: &RunView<'_>, place: Place) -> Duty {
    if run.paused {
        return Duty::PutBack;
    }
    if place.going == Going::Forward && run.turning() {
        // Who is beside others only leaves; the last of them turns.
        return match next_undo(run.steps, place.step + 1) {
            Some(step) if !is_grouped(run.steps, place.step) => {
                Duty::Attempt(Place { going: Going::Back, step })
            }
            _ => Duty::End,
        };
    }
    if place.step < run.steps.len() { Duty::Attempt(place) } else { Duty::End }
}

/// The steps that run beside `step`, itself among them: from, and to before.
pub(crate) fn beside(steps: &[StepView], step: usize) -> std::ops::Range<usize> {
    let Some(group) = steps.get(step).and_then(|step| step.group) else {
        return step..step + 1;
    };
    let same = |view: &StepView| view.group == Some(group);
    let from = steps[..step].iter().rposition(|view| !same(view)).map_or(0, |last| last + 1);
    let to = steps[step..].iter().position(|view| !same(view)).map_or(steps.len(), |n| step + n);
    from..to
}

/// The steps that become ready together where `from` is due; past the last step, the end itself.
pub(crate) fn starts(steps: &[StepView], from: usize) -> Vec<usize> {
    if from >= steps.len() {
        return vec![from];
    }
    beside(steps, from).filter(|step| !steps[*step].done).collect()
}

/// Whether a step runs beside others.
pub(crate) fn is_grouped(steps: &[StepView], step: usize) -> bool {
    steps.get(step).is_some_and(|step| step.group.is_some())
}

/// The nearest step below `end` that may have acted.
pub(crate) fn next_undo(steps: &[StepView], end: usize) -> Option<usize> {
    steps.iter().take(end).rposition(|step| step.effect == Effect::Unknown)
}

/// What follows from the outcome of the attempt at `place`. `jitter` is in `0.0..1.0`.
pub(crate) fn settle(
    run: &RunView<'_>,
    place: Place,
    outcome: Outcome<'_>,
    now: Timestamp,
    jitter: f64,
) -> Transition {
    match (place.going, outcome) {
        (_, Outcome::Nothing) => nothing(run, place),
        (Going::Forward, Outcome::Done | Outcome::Undone(_)) => {
            onward(run, place.step, StepState::Done, Effect::Unknown)
        }
        (Going::Forward, Outcome::Passed(state)) => {
            onward(run, place.step, state, run.steps[place.step].effect)
        }
        (Going::Forward, Outcome::Failed(error)) => {
            failed(run, place.step, error, pause(run, place, error, jitter), now)
        }
        (Going::Forward, Outcome::Lost(error)) => failed(run, place.step, error, None, now),
        (_, Outcome::Waits(until, effect)) => waits(run, place, until, effect),
        (Going::Back, Outcome::Done | Outcome::Passed(_)) => {
            undone(run, place.step, Undone::Reverted)
        }
        (Going::Back, Outcome::Undone(how)) => undone(run, place.step, how),
        (Going::Back, Outcome::Failed(error)) => {
            undo_failed(run, place.step, error, pause(run, place, error, jitter), now)
        }
        (Going::Back, Outcome::Lost(error)) => undo_failed(run, place.step, error, None, now),
    }
}

/// A run was taken and there was nothing to attempt.
fn nothing(run: &RunView<'_>, place: Place) -> Transition {
    let (step, effect) = match run.steps.get(place.step) {
        // It will not be tried again.
        Some(view) if !view.done && (view.attempts > 0 || view.effect == Effect::Unknown) => {
            (StepState::Failed, view.effect)
        }
        Some(view) => (StepState::Pending, view.effect),
        None => (StepState::Pending, Effect::None),
    };
    let turns = run.cancelled && run.turned_by.is_none();
    let next = if is_grouped(run.steps, place.step) {
        leave(run, place.step, effect)
    } else if run.turning() {
        Next::End(run.end_of_turned())
    } else {
        Next::End(JobState::Done)
    };
    Transition { step, effect, turns, next }
}

/// A step is over, well: the run goes on, waits for those beside, or turns.
fn onward(run: &RunView<'_>, step: usize, state: StepState, effect: Effect) -> Transition {
    let after = beside(run.steps, step).end;
    let turns = run.cancelled && run.turned_by.is_none();
    let next = if run.turning() || run.company {
        leave(run, step, effect)
    } else if after < run.steps.len() {
        Next::Ready(Place { going: Going::Forward, step: after })
    } else {
        Next::End(JobState::Done)
    };
    Transition { step: state, effect, turns, next }
}

/// A step of a run that turns, or that has company, is over: the last one turns the run.
fn leave(run: &RunView<'_>, step: usize, effect: Effect) -> Next {
    if run.company {
        return Next::Join;
    }
    let mut after = beside(run.steps, step);
    let acted = |at: usize| {
        let own = if at == step { effect } else { run.steps[at].effect };
        own == Effect::Unknown
    };
    match after.rfind(|at| acted(*at)).or_else(|| next_undo(run.steps, after.start.min(step))) {
        Some(step) => Next::Ready(Place { going: Going::Back, step }),
        None => Next::End(run.end_of_turned()),
    }
}

/// It waits; a run that is to stop does not.
fn waits(run: &RunView<'_>, place: Place, until: Timestamp, effect: Effect) -> Transition {
    let view = run.steps[place.step];
    let (step, due) = match place.going {
        Going::Forward => (StepState::Waiting, (!run.turning()).then_some(until)),
        Going::Back => (StepState::Undoing, Some(until)),
    };
    let effect = view.effect.max(effect);
    Transition { step, effect, turns: false, next: Next::Retry(due) }
}

fn failed(
    run: &RunView<'_>,
    step: usize,
    error: &StepError,
    pause: Option<Duration>,
    now: Timestamp,
) -> Transition {
    let view = run.steps[step];
    // One attempt that may have acted outweighs any number that did not.
    let effect = view.effect.max(error.effect);
    if !run.turning() && may_repeat(view, error) {
        let due = pause.map(|pause| now.after(pause));
        return Transition {
            step: StepState::Waiting,
            effect,
            turns: false,
            next: Next::Retry(due),
        };
    }
    let class = if run.cancelled { Class::Cancelled } else { error.class };
    let turned = RunView { turned_by: run.turned_by.or(Some(class)), ..run.clone() };
    let next = leave(&turned, step, effect);
    Transition { step: StepState::Failed, effect, turns: run.turned_by.is_none(), next }
}

fn undone(run: &RunView<'_>, step: usize, how: Undone) -> Transition {
    let view = run.steps[step];
    let (state, effect) = match how {
        Undone::Reverted => (StepState::Undone, Effect::None),
        Undone::Kept if view.done => (StepState::Done, view.effect),
        Undone::Kept => (StepState::Failed, view.effect),
    };
    let next = match next_undo(run.steps, step) {
        Some(step) => Next::Ready(Place { going: Going::Back, step }),
        None => Next::End(run.end_of_turned()),
    };
    Transition { step: state, effect, turns: false, next }
}

fn undo_failed(
    run: &RunView<'_>,
    step: usize,
    error: &StepError,
    pause: Option<Duration>,
    now: Timestamp,
) -> Transition {
    let view = run.steps[step];
    let (state, next) = if may_repeat(view, error) {
        (StepState::Undoing, Next::Retry(pause.map(|pause| now.after(pause))))
    } else {
        (StepState::Stuck, Next::End(JobState::Stuck))
    };
    Transition { step: state, effect: view.effect, turns: false, next }
}

fn may_repeat(step: StepView, error: &StepError) -> bool {
    let most = step.policy.attempts.max(1);
    match error.class {
        _ if error.is_put_off() => true,
        Class::Config | Class::Cancelled => false,
        Class::Transient => step.attempts < most,
        Class::System => step.attempts < most.min(SYSTEM_ATTEMPTS),
    }
}

/// Exponential with full jitter, and never shorter than the other side asked for.
fn pause(run: &RunView<'_>, place: Place, error: &StepError, jitter: f64) -> Option<Duration> {
    if error.is_put_off() {
        return error.retry_after;
    }
    let step = run.steps[place.step];
    let doublings = step.attempts.saturating_sub(1).min(31);
    let longest = step.policy.base.saturating_mul(1 << doublings).min(step.policy.cap);
    let pause = longest.mul_f64(jitter.clamp(0.0, 1.0));
    Some(pause.max(error.retry_after.unwrap_or_default()))
}

#[cfg(test)]
mod tests;
