//! What a step does when its turn comes: act, wait, start another run, or nothing.

use std::time::Duration;

use kernel::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::StepError;

/// What a step does when its turn comes. A wait holds no lease and no worker, and costs no attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// [`crate::Step::run`] is called.
    Act,
    /// The step is not needed, and shown as skipped for this reason. Nothing is recorded or undone.
    Skip(String),
    /// It is done at this instant of the workers' clock.
    Until(Timestamp),
    /// It is done this long after it began to wait.
    For(Duration),
    /// It is done when a signal comes; its output is the signal's payload.
    Signal(Await),
    /// It is done when another run is; its output holds that run's outputs by step.
    Child(Child),
}

/// A wait for [`crate::signal`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Await {
    /// The signal's name. One that came before is taken at once, the oldest first.
    pub name: &'static str,
    /// The longest wait, from its beginning.
    pub limit: Duration,
    /// What comes of the step when the wait was in vain.
    pub late: Late,
}

/// What comes of a wait for a signal that did not come in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Late {
    /// The step fails with the reason `signal_missing`; the run turns back.
    Fails,
    /// The step is done with this output.
    Done(Value),
}

/// Another run that a step starts and waits for. Its key is the step's idempotency key.
///
/// A child that fails or is cancelled fails the step, with nothing to undo: it has taken back its own. A parent that
/// is cancelled or turns back asks the child to stop, or takes back one that is done, and waits for its end before it
/// undoes its own earlier steps. A child that is stuck keeps its parent waiting for a person. Another try of the step
/// is another try of the child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// The child's workflow.
    pub workflow: &'static str,
    /// Its version.
    pub version: u32,
    /// Its input.
    pub input: Value,
}

impl Child {
    /// A run of a workflow with this input.
    ///
    /// # Errors
    /// A system failure: the input cannot be written as JSON.
    pub fn of(
        workflow: &'static str,
        version: u32,
        input: &impl Serialize,
    ) -> Result<Self, StepError> {
        let input = serde_json::to_value(input).map_err(|fault| {
            StepError::system("job_input_unwritable", fault.to_string()).without_effect()
        })?;
        Ok(Self { workflow, version, input })
    }
}
