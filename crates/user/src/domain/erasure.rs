//! The erasure of a person: waited for, begun, done, or taken back in time.

use std::time::Duration;

use kernel::{Timestamp, UserId};
use uuid::Uuid;

use crate::{Error, Result};

/// How long an erasure waits, in which it can be taken back.
const GRACE: Duration = Duration::from_secs(14 * 24 * 3_600);

kernel::closed_set! {
    /// Where an erasure stands.
    pub(crate) enum ErasureStatus {
        /// For its time.
        Waiting = "waiting",
        /// Its steps are taken; nothing is taken back any more.
        Running = "running",
        /// It was taken back.
        Cancelled = "cancelled",
        /// Nobody knows the person.
        Done = "done",
    }
}

/// An erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Erasure {
    pub(crate) erasure_id: Uuid,
    pub(crate) user_id: UserId,
    pub(crate) status: ErasureStatus,
    pub(crate) reason: String,
    pub(crate) problem: String,
    /// As audit rows name an actor.
    pub(crate) asked_by: String,
    pub(crate) asked_at: Timestamp,
    pub(crate) due_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
}

impl Erasure {
    /// When an erasure that is asked for at `now` begins.
    pub(crate) fn due(now: Timestamp) -> Timestamp {
        now.after(GRACE)
    }

    /// Whether it is still to come, or under way.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.status, ErasureStatus::Waiting | ErasureStatus::Running)
    }

    /// The erasure taken back; `None` where it was before.
    pub(crate) fn cancel(&self, now: Timestamp) -> Result<Option<Self>> {
        match self.status {
            ErasureStatus::Cancelled => Ok(None),
            ErasureStatus::Waiting => Ok(Some(Self {
                status: ErasureStatus::Cancelled,
                ended_at: Some(now),
                ..self.clone()
            })),
            ErasureStatus::Running | ErasureStatus::Done => Err(Error::ErasureBegun),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Failure;

    #[test]
    fn an_erasure_is_taken_back_until_it_begins() {
        let now: Timestamp = jiff::Timestamp::UNIX_EPOCH.into();
        let erasure = |status| Erasure {
            erasure_id: Uuid::from_u128(1),
            user_id: Uuid::from_u128(2).into(),
            status,
            reason: String::new(),
            problem: String::new(),
            asked_by: "user:x".into(),
            asked_at: now,
            due_at: Erasure::due(now),
            ended_at: None,
        };
        for (status, expected) in [
            (ErasureStatus::Waiting, "cancelled"),
            (ErasureStatus::Cancelled, "already"),
            (ErasureStatus::Running, "erasure_begun"),
            (ErasureStatus::Done, "erasure_begun"),
        ] {
            let seen = match erasure(status).cancel(now) {
                Ok(Some(cancelled)) => cancelled.status.as_str(),
                Ok(None) => "already",
                Err(error) => error.reason(),
            };
            assert_eq!(seen, expected, "{status}");
        }
    }
}
