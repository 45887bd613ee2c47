//! What a step is told that a person took as done.

use kernel::{Cx, JobId};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{StepError, attempt::read};

/// A step that a person took as done: there was no attempt, and there is nothing to show for it.
#[derive(Debug)]
pub struct Skipped<'a> {
    /// The context of the person's call.
    pub cx: &'a Cx,
    /// The run.
    pub job: JobId,
    /// The key the run was started with.
    pub key: &'a str,
    /// What the run goes by.
    pub input: Value,
}

impl Skipped<'_> {
    /// Reads the run's input.
    ///
    /// # Errors
    /// A system failure: the input was written by another build that this one does not understand.
    pub fn read_input<T: DeserializeOwned>(&self) -> Result<T, StepError> {
        read(&self.input, "the job's input")
    }
}
