//! How an attempt ended, in the words of its code.

use kernel::{JobId, Timestamp};
use serde_json::Value;

use crate::{Effect, StepError, StepState, Turn, Undone, planner::Outcome, store::settle::Words};

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Ended {
    Done(Value),
    /// Not needed, for this reason.
    Skipped(String),
    /// It waits; whether the wait is over is looked up when it is written.
    Waits(Turn),
    /// A wait that is over, well.
    Came(Value, Effect),
    /// A wait that is not over.
    Waiting {
        what: String,
        until: Timestamp,
        effect: Effect,
    },
    /// Undoing means that this run takes back what it did.
    TakesBack(JobId),
    Undone(Undone),
    Failed(StepError),
    Lost(StepError),
    Nothing,
    /// Nobody may begin an attempt now.
    PutBack,
}

impl Ended {
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Done(_) | Self::Came(..) => "done",
            Self::Skipped(_) => "skipped",
            Self::Waits(_) | Self::Waiting { .. } | Self::TakesBack(_) => "waits",
            Self::Undone(_) => "undone",
            Self::Failed(error) if error.is_put_off() => "put_off",
            Self::Failed(error) => error.class.as_str(),
            Self::Lost(_) => "lost",
            Self::Nothing | Self::PutBack => "nothing",
        }
    }

    /// The planner's word for it; a wait was looked up before.
    pub(super) fn outcome(&self) -> Outcome<'_> {
        match self {
            Self::Done(_) | Self::Came(_, Effect::Unknown) => Outcome::Done,
            Self::Came(_, Effect::None) => Outcome::Passed(StepState::Done),
            Self::Skipped(_) => Outcome::Passed(StepState::Skipped),
            Self::Waiting { until, effect, .. } => Outcome::Waits(*until, *effect),
            Self::Undone(how) => Outcome::Undone(*how),
            Self::Failed(error) => Outcome::Failed(error),
            Self::Lost(error) => Outcome::Lost(error),
            Self::Nothing | Self::PutBack | Self::Waits(_) | Self::TakesBack(_) => Outcome::Nothing,
        }
    }

    pub(super) fn error(&self) -> Option<&StepError> {
        match self {
            Self::Failed(error) | Self::Lost(error) => Some(error),
            _ => None,
        }
    }

    /// What the step has to show for it.
    pub(super) fn output(&self) -> Option<&Value> {
        match self {
            Self::Done(output) | Self::Came(output, _) => Some(output),
            _ => None,
        }
    }

    pub(super) fn words(&self) -> Option<Words<'_>> {
        match self {
            Self::Skipped(reason) => {
                Some(Words { reason: "not_needed", user: reason, operator: reason })
            }
            other => other.error().map(Words::from),
        }
    }

    pub(super) fn wait(&self) -> Option<(&str, Timestamp)> {
        match self {
            Self::Waiting { what, until, .. } => Some((what, *until)),
            _ => None,
        }
    }
}
