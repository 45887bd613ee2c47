//! What a person did to a run: kept with it, and answered to the caller, who audits it.

use kernel::{Cx, JobId, Timestamp};
use serde_json::Value;

use crate::{JobState, operate::Said, store::operate::Locked};

kernel::closed_set! {
    /// What people do to runs.
    pub enum Verb {
        /// Tried again.
        Retry = "retry",
        /// Begun anew from a step.
        RetryFrom = "retry_from",
        /// Asked to stop.
        Cancel = "cancel",
        /// Paused.
        Pause = "pause",
        /// Resumed.
        Resume = "resume",
        /// A step taken as done.
        SkipStep = "skip_step",
        /// A step taken as taken back.
        MarkUndone = "mark_undone",
        /// Ended as it is.
        Abandon = "abandon",
    }
}

/// What a person did to a run.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Intervention {
    /// The run.
    #[sqlx(rename = "job_id")]
    pub job: JobId,
    /// The workflow's name.
    pub workflow: String,
    /// The key it was started with: what the domain knows it by.
    pub key: String,
    /// What was done.
    pub verb: Verb,
    /// To which step, where it was one.
    pub step: Option<String>,
    /// Why, in the person's words.
    pub reason: Option<String>,
    /// The edited input, where there was one.
    pub input: Option<Value>,
    /// Who did it.
    pub actor: String,
    /// The run's state before.
    pub was: JobState,
    /// When, by the database's clock; `None` where nothing was left to do, and nothing was kept.
    pub at: Option<Timestamp>,
}

impl Locked {
    pub(crate) fn intervention(&self, cx: &Cx, said: &Said<'_>) -> Intervention {
        Intervention {
            job: self.id,
            workflow: self.workflow.clone(),
            key: self.key.clone(),
            verb: said.verb,
            step: said.step.map(Into::into),
            reason: said.reason.map(Into::into),
            input: said.input.cloned(),
            actor: cx.actor.label(),
            was: self.state,
            at: None,
        }
    }
}
