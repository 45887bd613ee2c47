//! One attempt at one step: what the step is given.

use std::{collections::BTreeMap, sync::Arc};

use kernel::{Cx, JobId, TenantId, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{StepError, progress::Notes};

/// One attempt at a step, forward or undoing; also what hooks are given.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The run.
    pub job: JobId,
    /// The run's tenant.
    pub tenant: TenantId,
    /// The workflow's name.
    pub workflow: &'static str,
    /// The key the run was started with.
    pub key: String,
    /// The step's name.
    pub step: String,
    /// Counts from 1; attempts at doing and at undoing count apart.
    pub number: u32,
    /// The same for every attempt at this step of this run, for the other side to tell a repeat by.
    pub idempotency_key: String,
    /// What the run was started with.
    pub input: Value,
    /// The outputs of the steps that are done, by step name.
    pub outputs: BTreeMap<String, Value>,
    /// The context to call ops and clients with: this service acts, on the run's tenant, in the run's trace.
    pub cx: Cx,
    /// When the attempt is given up.
    pub deadline: Timestamp,
    /// What an earlier attempt at this step kept with [`Attempt::keep_checkpoint`].
    pub checkpoint: Option<Value>,
    pub(crate) notes: Arc<Notes>,
}

impl Attempt {
    /// Reads the run's input.
    ///
    /// # Errors
    /// A system failure: the input was written by another build that this one does not understand.
    pub fn read_input<T: DeserializeOwned>(&self) -> Result<T, StepError> {
        read(&self.input, "the job's input")
    }

    /// Reads the output of an earlier step.
    ///
    /// # Errors
    /// A system failure: there is none, or this build does not understand it.
    pub fn read_output<T: DeserializeOwned>(&self, step: &str) -> Result<T, StepError> {
        read(self.outputs.get(step).unwrap_or(&Value::Null), step)
    }

    /// Reads what an earlier attempt kept; `None` where none did.
    ///
    /// # Errors
    /// A system failure: this build does not understand it.
    pub fn read_checkpoint<T: DeserializeOwned>(&self) -> Result<Option<T>, StepError> {
        self.checkpoint.as_ref().map(|kept| read(kept, "the step's checkpoint")).transpose()
    }

    /// Tells how far the attempt is, for people: shown with the step. Cheap, and written twice a second at most; only
    /// the newest counts. `percent` ends at 100, `message` at 200 characters.
    pub fn progress(&self, percent: u8, message: &str) {
        self.notes.tell(percent, message);
    }

    /// Keeps what the next attempt at this step (also at undoing it) is to know, until the step is done. Written at
    /// once, under the attempt's lease.
    ///
    /// # Errors
    /// The database's; `worker_lost` where another worker has the run by now; a value that is no JSON.
    pub async fn keep_checkpoint(&self, checkpoint: &impl Serialize) -> Result<(), StepError> {
        let value = serde_json::to_value(checkpoint)
            .map_err(|fault| StepError::system("checkpoint_unwritable", fault.to_string()))?;
        self.notes.keep_checkpoint(&value).await
    }
}

/// The problem is told without the value: an output may hold what belongs in no log.
pub(crate) fn read<T: DeserializeOwned>(value: &Value, what: &str) -> Result<T, StepError> {
    T::deserialize(value).map_err(|_| {
        let detail = format!("{what} has another shape than this build expects");
        StepError::system("job_data_unreadable", detail).without_effect()
    })
}
