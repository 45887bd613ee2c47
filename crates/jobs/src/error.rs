//! What a call to this crate may be refused for.

use kernel::{Code, Failure, JobId};

use crate::{Class, JobState, StepError, StepState, schedule::Unreadable};

/// The result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refused call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] pg::Error),
    /// The key already began a run of this workflow with another input.
    #[error("the key was already used for another piece of work")]
    KeyReused,
    /// The input cannot be written as JSON: a fault of ours.
    #[error("the input of the job cannot be written as JSON: {0}")]
    Input(#[source] serde_json::Error),
    /// The tenant has no such run.
    #[error("there is no such job")]
    UnknownJob,
    /// An unfinished run holds the singleton key: this one; where a run was to be tried again and the other began in the
    /// same moment, the one to be tried again.
    #[error("another job of the same kind has not ended yet ({0})")]
    SingletonTaken(JobId),
    /// The tenant has no such schedule.
    #[error("there is no such schedule")]
    UnknownSchedule,
    /// A schedule's plan cannot be read.
    #[error("{0}")]
    Schedule(#[from] Unreadable),
    /// Runs of the same key began and ended faster than this one could begin.
    #[error("the job could not begin at this moment; try again")]
    Busy,
    /// The run's state does not allow this.
    #[error("a job that is {0} does not allow this")]
    WrongState(JobState),
    /// The run's plan has no such step, or the plan is not written yet.
    #[error("the job has no step of that name")]
    UnknownStep,
    /// The step's state does not allow this.
    #[error("a step that is {0} does not allow this")]
    WrongStep(StepState),
    /// The run cannot go on from a step while an earlier one does not stand.
    #[error("an earlier step, {0}, does not stand; begin there")]
    EarlierStep(String),
    /// Nobody said why.
    #[error("a reason is needed, in 1 to 500 characters")]
    Reason,
    /// The run is not paused.
    #[error("the job is not paused")]
    NotPaused,
    /// No workflow of this build is the run's, or it lacks the step.
    #[error("this build does not know the job's workflow, version or step")]
    UnknownCode,
    /// The step's code did not keep in the domain what follows from a skip.
    #[error("the step cannot be taken as done: {}", .0.operator)]
    SkipRefused(#[source] StepError),
    /// The signal's id was used for a signal of another name.
    #[error("the id was already used for another signal to this job")]
    SignalReused,
}

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        Self::Database(source.into())
    }
}

impl Failure for Error {
    fn code(&self) -> Code {
        match self {
            Self::Database(failure) => failure.code(),
            Self::KeyReused
            | Self::SingletonTaken(_)
            | Self::WrongState(_)
            | Self::WrongStep(_)
            | Self::EarlierStep(_)
            | Self::NotPaused
            | Self::UnknownCode
            | Self::SignalReused => Code::Conflict,
            Self::SkipRefused(refused) => match refused.class {
                Class::Config | Class::Cancelled => Code::Conflict,
                Class::Transient => Code::Unavailable,
                Class::System => Code::Internal,
            },
            Self::Busy => Code::Unavailable,
            Self::Reason | Self::Schedule(_) => Code::Invalid,
            Self::Input(_) => Code::Internal,
            Self::UnknownJob | Self::UnknownStep | Self::UnknownSchedule => Code::NotFound,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Database(failure) => failure.reason(),
            Self::KeyReused => "job_key_reused",
            Self::Input(_) => "job_input_unwritable",
            Self::UnknownJob => "job_unknown",
            Self::SingletonTaken(_) => "job_singleton_taken",
            Self::Busy => "job_start_busy",
            Self::UnknownSchedule => "job_schedule_unknown",
            Self::Schedule(_) => "job_schedule_unreadable",
            Self::WrongState(_) => "job_state_conflict",
            Self::UnknownStep => "job_step_unknown",
            Self::WrongStep(_) => "job_step_state_conflict",
            Self::EarlierStep(_) => "job_earlier_step_missing",
            Self::Reason => "job_reason_missing",
            Self::NotPaused => "job_not_paused",
            Self::UnknownCode => "job_code_unknown",
            Self::SkipRefused(_) => "job_skip_refused",
            Self::SignalReused => "job_signal_reused",
        }
    }
}
