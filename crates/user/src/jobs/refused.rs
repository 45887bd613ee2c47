//! What an op's refusal means to a run.

use jobs::StepError;
use kernel::{Code, Failure};

use crate::Error;

/// What a trouble that is no row's own means to the run.
pub(super) fn refused(error: Error) -> StepError {
    match error {
        Error::Database(failure) => failure.into(),
        Error::Job(jobs::Error::Database(failure)) => failure.into(),
        other if other.code().retry_helps() => {
            let user = "The service is temporarily unavailable.";
            StepError::transient(other.reason(), user, other.to_string())
                .retry_after(other.retry_after())
        }
        other if other.code() == Code::Internal => {
            StepError::system(other.reason(), other.to_string())
        }
        other => StepError::config(other.reason(), other.to_string(), other.to_string()),
    }
}
