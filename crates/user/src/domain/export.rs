//! The export of one person's data: gathered, fetched by whoever asked, and gone after its time.

use std::time::Duration;

use kernel::{Code, Cx, Timestamp, UserId};
use uuid::Uuid;

/// How long what was gathered is kept.
pub(crate) const KEPT: Duration = Duration::from_secs(7 * 24 * 3_600);

/// The right to ask for anybody's data.
const ORDER: &str = "user.people.export";

kernel::closed_set! {
    /// Where an export stands.
    pub(crate) enum ExportStatus {
        /// Its job is at work.
        Gathering = "gathering",
        /// It can be fetched, for its time.
        Ready = "ready",
        /// It came to nothing.
        Failed = "failed",
    }
}

kernel::closed_set! {
    /// A service that keeps something of people.
    pub(crate) enum ExportSource {
        /// This one.
        User = "user",
        /// How they sign in.
        Auth = "auth",
        /// What was written to them.
        Notifier = "notifier",
        /// Which clients they are.
        Provisioning = "provisioning",
    }
}

/// Why an export was not shown or fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExportRefusal {
    /// None, or not the caller's to see.
    #[error("There is no such export.")]
    NotFound,
    /// Its job is at work.
    #[error("The data is still gathered; fetch it when the export is ready.")]
    NotReady,
    /// It came to nothing.
    #[error("The data could not be gathered; ask for it again.")]
    Failed,
    /// Its time is over.
    #[error("This export has expired; ask for the data again.")]
    Expired,
}

impl ExportRefusal {
    pub(crate) const fn code(self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::NotReady => Code::Conflict,
            Self::Failed | Self::Expired => Code::Gone,
        }
    }

    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::NotFound => "export_not_found",
            Self::NotReady => "export_not_ready",
            Self::Failed => "export_failed",
            Self::Expired => "export_expired",
        }
    }
}

/// An export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Export {
    pub(crate) export_id: Uuid,
    /// Whose data.
    pub(crate) user_id: UserId,
    /// Who asked.
    pub(crate) asked_by: UserId,
    /// Why; empty where the person asked.
    pub(crate) reason: String,
    pub(crate) status: ExportStatus,
    pub(crate) problem: String,
    pub(crate) asked_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
}

impl Export {
    pub(crate) fn is_gathering(&self) -> bool {
        self.status == ExportStatus::Gathering
    }

    /// Whether it is the caller's: they asked for it, and may still ask for data of that person.
    pub(crate) fn belongs_to(&self, cx: &Cx) -> bool {
        cx.user() == Some(self.asked_by) && (self.asked_by == self.user_id || cx.may(ORDER))
    }

    /// As people read where it stands.
    pub(crate) fn shown_status(&self, now: Timestamp) -> &'static str {
        if self.has_expired(now) { "expired" } else { self.status.as_str() }
    }

    /// When what can be fetched was gathered.
    pub(crate) fn fetchable(&self, now: Timestamp) -> Result<Timestamp, ExportRefusal> {
        match (self.status, self.ended_at) {
            (ExportStatus::Failed, _) => Err(ExportRefusal::Failed),
            (ExportStatus::Ready, Some(_)) if self.has_expired(now) => Err(ExportRefusal::Expired),
            (ExportStatus::Ready, Some(gathered_at)) => Ok(gathered_at),
            _ => Err(ExportRefusal::NotReady),
        }
    }

    /// All of it was gathered.
    pub(crate) fn ready(self, now: Timestamp) -> Self {
        let (status, expires_at) = (ExportStatus::Ready, Some(now.after(KEPT)));
        Self { status, ended_at: Some(now), expires_at, ..self }
    }

    /// It could not be gathered.
    pub(crate) fn failed(self, problem: &str, now: Timestamp) -> Self {
        Self { status: ExportStatus::Failed, problem: problem.into(), ended_at: Some(now), ..self }
    }

    fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Actor, Clock};

    fn export(user: u128, asker: u128) -> Export {
        Export {
            export_id: Uuid::from_u128(9),
            user_id: Uuid::from_u128(user).into(),
            asked_by: Uuid::from_u128(asker).into(),
            reason: String::new(),
            status: ExportStatus::Gathering,
            problem: String::new(),
            asked_at: jiff::Timestamp::UNIX_EPOCH.into(),
            ended_at: None,
            expires_at: None,
        }
    }

    #[test]
    fn an_export_is_fetched_once_it_is_ready_and_until_its_time_is_over() {
        let now: Timestamp = jiff::Timestamp::UNIX_EPOCH.into();
        let gathering = export(1, 1);
        assert_eq!(gathering.fetchable(now), Err(ExportRefusal::NotReady));
        let failed = gathering.clone().failed("away", now);
        assert_eq!(failed.fetchable(now), Err(ExportRefusal::Failed));
        let ready = gathering.ready(now);
        assert_eq!(ready.fetchable(now), Ok(now));
        assert_eq!(ready.shown_status(now), "ready");
        let late = now.after(KEPT);
        assert_eq!(ready.fetchable(late), Err(ExportRefusal::Expired));
        assert_eq!(ready.shown_status(late), "expired");
    }

    #[test]
    fn an_export_is_the_askers_alone_for_as_long_as_they_may_ask() {
        let clock = Clock::standing_at(jiff::Timestamp::UNIX_EPOCH.into());
        let mut cx = Cx::of_service("gateway", None, &clock);
        let session = Uuid::from_u128(3).into();
        cx.actor = Actor::User { id: Uuid::from_u128(2).into(), session };
        assert!(export(2, 2).belongs_to(&cx), "their own");
        assert!(!export(2, 1).belongs_to(&cx), "what staff asked for is not the person's");
        assert!(!export(1, 2).belongs_to(&cx), "the right was taken");
        cx.permissions = std::sync::Arc::new([ORDER.to_owned()].into());
        assert!(export(1, 2).belongs_to(&cx));
        assert!(!export(1, 1).belongs_to(&cx), "the person's own is not for staff");
    }
}
