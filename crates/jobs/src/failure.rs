//! What a step says when it fails: a class that decides, and words for two readers.

use std::{borrow::Cow, time::Duration};

use serde::{Deserialize, Serialize};

kernel::closed_set! {
    /// What kind of failure it is; decides whether another attempt is made.
    pub enum Class {
        /// Something must be set right by a person first (a refused credential, a bad mapping): no other attempt.
        Config = "config",
        /// The other side is away, slow or busy: tried again by the step's policy.
        Transient = "transient",
        /// A fault of ours: tried a few times.
        System = "system",
        /// Stopped on request: no other attempt.
        Cancelled = "cancelled",
    }
}

kernel::closed_set! {
    /// Whether a failed attempt may have acted on the outside.
    pub enum Effect {
        /// Nothing was done, for certain: there is nothing to undo.
        None = "none",
        /// It may have acted; undo begins with this step.
        Unknown = "unknown",
    }
}

/// A failed attempt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {operator}")]
pub struct StepError {
    /// What kind of failure it is.
    pub class: Class,
    /// A stable lower_snake_case word, for instance `token_refused`.
    pub reason: Cow<'static, str>,
    /// A sentence that a tenant understands.
    pub user: String,
    /// Details for an operator; never a secret.
    pub operator: String,
    /// The other side asked for at least this pause before the next attempt.
    pub retry_after: Option<Duration>,
    /// Whether the attempt may have acted.
    pub effect: Effect,
    /// It was no attempt at all: the step was told to come again.
    put_off: bool,
}

impl StepError {
    /// A failure that only a person can mend; nothing was done.
    pub fn config(
        reason: impl Into<Cow<'static, str>>,
        user: impl Into<String>,
        operator: impl Into<String>,
    ) -> Self {
        Self::of(Class::Config, Effect::None, reason.into(), user.into(), operator.into())
    }

    /// A failure that passes by itself; it may have acted.
    pub fn transient(
        reason: impl Into<Cow<'static, str>>,
        user: impl Into<String>,
        operator: impl Into<String>,
    ) -> Self {
        Self::of(Class::Transient, Effect::Unknown, reason.into(), user.into(), operator.into())
    }

    /// A fault of ours; it may have acted.
    pub fn system(reason: impl Into<Cow<'static, str>>, operator: impl Into<String>) -> Self {
        let user = "An unexpected error occurred on our side.".to_owned();
        Self::of(Class::System, Effect::Unknown, reason.into(), user, operator.into())
    }

    /// The step noticed that the run is to stop; it may have acted.
    pub fn cancelled(operator: impl Into<String>) -> Self {
        let user = "The work was cancelled.".to_owned();
        Self::of(Class::Cancelled, Effect::Unknown, "cancelled".into(), user, operator.into())
    }

    /// The attempt did nothing on the outside, for certain (refused before it acted, never sent).
    #[must_use]
    pub fn without_effect(mut self) -> Self {
        self.effect = Effect::None;
        self
    }

    /// The attempt may have acted on the outside.
    #[must_use]
    pub fn with_unknown_effect(mut self) -> Self {
        self.effect = Effect::Unknown;
        self
    }

    /// The next attempt must not come before this pause is over.
    #[must_use]
    pub fn retry_after(mut self, pause: Option<Duration>) -> Self {
        self.retry_after = pause;
        self
    }

    fn of(
        class: Class,
        effect: Effect,
        reason: Cow<'static, str>,
        user: String,
        operator: String,
    ) -> Self {
        Self { class, reason, user, operator, retry_after: None, effect, put_off: false }
    }

    /// The step could not begin, since `host` may not be called now: it comes again after the pause, and the attempt
    /// does not count.
    #[must_use]
    pub fn put_off(host: &str, pause: Duration) -> Self {
        let user = "The other side is called as often as it allows; the work goes on in a moment.";
        let operator = format!("no permit to call {host} for {:.3} s", pause.as_secs_f64());
        let busy = Self::transient("host_busy", user, operator).without_effect();
        Self { put_off: true, ..busy.retry_after(Some(pause)) }
    }

    /// Whether it was no attempt at all.
    #[must_use]
    pub const fn is_put_off(&self) -> bool {
        self.put_off
    }

    pub(crate) fn timed_out(limit: Duration) -> Self {
        Self::transient(
            "timed_out",
            "The other side did not answer in time.",
            format!("no answer within {} s", limit.as_secs_f32()),
        )
    }

    pub(crate) fn worker_lost() -> Self {
        // Not the step's fault: it may try as often as with the other side away.
        Self::transient(
            "worker_lost",
            "The work was interrupted and is taken up again.",
            "the worker's lease ran out before the attempt ended",
        )
    }

    pub(crate) fn panicked() -> Self {
        Self::system("step_panicked", "the step's code panicked; see the log")
    }
}

impl From<pg::Error> for StepError {
    /// The database away or busy passes; anything else of it is a fault of ours.
    fn from(failure: pg::Error) -> Self {
        match failure {
            pg::Error::Unavailable(_) | pg::Error::Collision(_) => Self::transient(
                "database_unavailable",
                "The service is temporarily unavailable.",
                failure.to_string(),
            ),
            other => Self::system("database_failure", other.to_string()),
        }
    }
}

impl From<sqlx::Error> for StepError {
    fn from(failure: sqlx::Error) -> Self {
        pg::Error::from(failure).into()
    }
}

/// Why a run turned back; kept with the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFailure {
    /// The step that failed, or the one that was due when the run was cancelled.
    pub step: String,
    /// What kind of failure it was.
    pub class: Class,
    /// A stable lower_snake_case word.
    pub reason: String,
    /// A sentence that a tenant understands.
    pub user: String,
    /// Details for an operator.
    pub operator: String,
}

impl StepFailure {
    pub(crate) fn of(step: &str, error: &StepError) -> Self {
        Self {
            step: step.into(),
            class: error.class,
            reason: error.reason.clone().into_owned(),
            user: error.user.clone(),
            operator: error.operator.clone(),
        }
    }
}
