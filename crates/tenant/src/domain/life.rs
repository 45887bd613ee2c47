//! The life of a tenant: one table says what leads where.

use std::time::Duration;

use kernel::Timestamp;

use super::Tenant;
use crate::{Error, Result};

kernel::closed_set! {
    /// Where a tenant is in its life.
    pub enum Status {
        /// Open for business until the trial ends.
        Trial = "trial",
        /// Open for business.
        Active = "active",
        /// Not served until further notice.
        Suspended = "suspended",
        /// Not served, and closed when the days of grace are over.
        Closing = "closing",
        /// Closed for good.
        Closed = "closed",
    }
}

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Days of grace and of trial are at most a year.
const LONGEST_DAYS: i32 = 365;

/// Days of grace unless told.
const USUAL_GRACE: i32 = 30;

/// A wish to close is a repeat where its end is so near to the one that stands.
const REPEAT: Duration = Duration::from_secs(3600);

/// What is done to a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Activate,
    Suspend,
    Resume,
    /// After this time of grace it is closed; one that is closing has its end moved.
    Close(Duration),
    Restore,
    /// The time of grace is over.
    Finish,
}

/// Where a verb leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum To {
    Active,
    Suspended,
    Closing,
    Closed,
    /// On trial or active, as it was.
    Open,
    /// What it was before it was closing.
    Former,
    /// Nowhere: the verb's end is reached.
    Here,
    /// Nowhere: it is refused.
    Nowhere,
}

impl Verb {
    /// What the audit calls it.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::Activate => "tenant.activate",
            Self::Suspend => "tenant.suspend",
            Self::Resume => "tenant.resume",
            Self::Close(_) => "tenant.close",
            Self::Restore => "tenant.restore",
            Self::Finish => "tenant.finish",
        }
    }

    /// The one table of transitions.
    const fn from(self, status: Status) -> To {
        use Status::{Active, Closed, Closing, Suspended, Trial};
        match (self, status) {
            (Self::Activate, Trial | Suspended) => To::Active,
            (Self::Suspend, Trial | Active) => To::Suspended,
            (Self::Resume, Suspended) => To::Open,
            (Self::Close(_), Trial | Active | Suspended | Closing) => To::Closing,
            (Self::Restore, Closing) => To::Former,
            (Self::Finish, Closing) => To::Closed,
            (Self::Activate, Active)
            | (Self::Suspend, Suspended)
            | (Self::Resume | Self::Restore, Trial | Active)
            | (Self::Restore, Suspended)
            | (Self::Close(_) | Self::Finish, Closed) => To::Here,
            _ => To::Nowhere,
        }
    }
}

impl Tenant {
    /// The tenant after `verb`, at `now`, by `by` and for `reason`; `None` where it is so already.
    pub(crate) fn after(
        &self,
        verb: Verb,
        reason: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<Self>> {
        let mut next = Self {
            status_reason: reason.to_owned(),
            status_by: by.to_owned(),
            status_since: now,
            epoch: self.epoch + 1,
            ..self.clone()
        };
        match verb.from(self.status) {
            To::Here => return Ok(None),
            To::Nowhere => return Err(Error::StatusForbids(self.status)),
            To::Active => (next.status, next.trial_ends_at) = (Status::Active, None),
            To::Suspended => next.status = Status::Suspended,
            To::Open => next.status = self.open(now)?,
            To::Closing => {
                let grace = if let Verb::Close(grace) = verb { grace } else { Duration::ZERO };
                let end = now.after(grace);
                let apart = |stands: Timestamp| stands.since(end).max(end.since(stands));
                if self.closes_at.is_some_and(|stands| apart(stands) < REPEAT) {
                    return Ok(None);
                }
                if self.status == Status::Closing {
                    next.status_since = self.status_since;
                } else {
                    next.closed_from = Some(self.status);
                }
                (next.status, next.closes_at) = (Status::Closing, Some(end));
            }
            To::Former => {
                next.status = self.closed_from.unwrap_or(Status::Suspended);
                (next.closes_at, next.closed_from) = (None, None);
            }
            To::Closed => {
                if self.closes_at.is_some_and(|at| now < at) {
                    return Err(Error::StatusForbids(self.status));
                }
                next.status = Status::Closed;
            }
        }
        Ok(Some(next))
    }

    /// Where a suspended tenant goes on.
    fn open(&self, now: Timestamp) -> Result<Status> {
        match self.trial_ends_at {
            None => Ok(Status::Active),
            Some(end) if now < end => Ok(Status::Trial),
            Some(_) => Err(Error::TrialOver),
        }
    }

    /// What its term demands at `now`: a trial that has ended is suspended, a grace that has ended is closed.
    pub(crate) fn demands(&self, now: Timestamp) -> Option<(Verb, &'static str)> {
        let over = |end: Option<Timestamp>| end.is_some_and(|end| end <= now);
        match self.status {
            Status::Trial if over(self.trial_ends_at) => {
                Some((Verb::Suspend, "The trial is over."))
            }
            Status::Closing if over(self.closes_at) => {
                Some((Verb::Finish, "The days of grace are over."))
            }
            _ => None,
        }
    }
}

/// Reads why something is done.
pub(crate) fn reason(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err("is required"),
        1..=500 if !text.chars().any(|c| c.is_control() && c != '\n') => Ok(text.into()),
        1..=500 => Err("holds control characters"),
        _ => Err("is longer than 500 characters"),
    }
}

/// Reads the days of grace.
pub(crate) fn grace(days: Option<i32>) -> Result<Duration, &'static str> {
    match days.unwrap_or(USUAL_GRACE) {
        days @ 0..=LONGEST_DAYS => Ok(DAY * days.unsigned_abs()),
        _ => Err("must be 0 to 365"),
    }
}

/// Reads the days of trial; `None` for no trial.
pub(crate) fn trial(days: i32) -> Result<Option<Duration>, &'static str> {
    match days {
        0 => Ok(None),
        1..=LONGEST_DAYS => Ok(Some(DAY * days.unsigned_abs())),
        _ => Err("must be 1 to 365, or 0 for no trial"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Limits, PlanName, TenantName};
    use kernel::{Locale, Slug, TenantId};

    fn start() -> Timestamp {
        Timestamp::from(jiff::Timestamp::UNIX_EPOCH)
    }

    fn tenant(status: Status) -> Tenant {
        let closing = matches!(status, Status::Closing | Status::Closed);
        Tenant {
            tenant_id: TenantId::parse("0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e1f").expect("an id"),
            slug: Slug::parse("acme").expect("a slug"),
            name: TenantName::parse("Acme").expect("a name"),
            status,
            locale: Locale::parse("en").expect("a language"),
            created_at: start(),
            status_reason: String::new(),
            status_by: String::new(),
            status_since: start(),
            trial_ends_at: (status == Status::Trial).then(|| start().after(DAY)),
            closes_at: closing.then(|| start().after(DAY)),
            closed_from: closing.then_some(Status::Suspended),
            epoch: 7,
            plan: PlanName::parse("open").expect("a plan"),
            limits: Limits::new(),
            allowed_origins: Vec::new(),
        }
    }

    /// The status after the verb, `here` where nothing changes, `no` where it is refused.
    fn end(verb: Verb, status: Status) -> &'static str {
        match tenant(status).after(verb, "because", "user:ann", start().after(2 * DAY)) {
            Ok(Some(next)) => next.status.as_str(),
            Ok(None) => "here",
            Err(_) => "no",
        }
    }

    #[test]
    fn every_verb_leads_where_the_table_says() {
        for (verb, ends) in [
            (Verb::Activate, ["active", "here", "active", "no", "no"]),
            (Verb::Suspend, ["suspended", "suspended", "here", "no", "no"]),
            (Verb::Resume, ["here", "here", "active", "no", "no"]),
            (Verb::Close(DAY), ["closing", "closing", "closing", "closing", "here"]),
            (Verb::Restore, ["here", "here", "here", "suspended", "no"]),
            (Verb::Finish, ["no", "no", "no", "closed", "here"]),
        ] {
            let seen: Vec<_> = Status::ALL.iter().map(|status| end(verb, *status)).collect();
            assert_eq!(seen, ends, "{verb:?}");
        }
    }

    #[test]
    fn a_change_says_who_why_and_since_when_and_raises_the_epoch() {
        let now = start().after(DAY);
        let next = tenant(Status::Active).after(Verb::Suspend, "unpaid", "user:ann", now);
        let next = next.expect("may").expect("changes");
        assert_eq!((next.status_reason.as_str(), next.status_by.as_str()), ("unpaid", "user:ann"));
        assert_eq!((next.status_since, next.epoch), (now, 8));
    }

    #[test]
    fn a_trial_goes_on_after_a_suspension_until_it_ends() {
        let suspended = tenant(Status::Trial).after(Verb::Suspend, "r", "b", start());
        let suspended = suspended.expect("may").expect("changes");
        let resume = |now| suspended.after(Verb::Resume, "", "b", now);
        let early = resume(start()).expect("may").expect("changes");
        assert_eq!(early.status, Status::Trial);
        assert!(matches!(resume(start().after(DAY)), Err(Error::TrialOver)));
        let paid = suspended.after(Verb::Activate, "", "b", start().after(DAY));
        let paid = paid.expect("may").expect("changes");
        assert_eq!((paid.status, paid.trial_ends_at), (Status::Active, None));
    }

    #[test]
    fn what_was_suspended_is_restored_to_that_and_grace_is_kept() {
        let closing = tenant(Status::Active).after(Verb::Close(2 * DAY), "r", "b", start());
        let closing = closing.expect("may").expect("changes");
        assert_eq!(closing.closes_at, Some(start().after(2 * DAY)));
        let early = closing.after(Verb::Finish, "", "b", start().after(DAY));
        assert!(matches!(early, Err(Error::StatusForbids(Status::Closing))));
        let back = closing.after(Verb::Restore, "", "b", start().after(DAY));
        let back = back.expect("may").expect("changes");
        assert_eq!((back.status, back.closes_at, back.closed_from), (Status::Active, None, None));
    }

    #[test]
    fn a_wish_to_close_moves_the_end_unless_it_is_a_repeat() {
        let closing = tenant(Status::Active).after(Verb::Close(DAY), "r", "b", start());
        let closing = closing.expect("may").expect("changes");
        let later = start().after(Duration::from_secs(60));
        let wish = |grace| closing.after(Verb::Close(grace), "other", "c", later).expect("may");
        assert_eq!(wish(DAY), None, "a repeat");
        for grace in [Duration::ZERO, 90 * DAY] {
            let moved = wish(grace).expect("changes");
            assert_eq!(
                (moved.closes_at, moved.epoch),
                (Some(later.after(grace)), closing.epoch + 1)
            );
            assert_eq!((moved.status, moved.closed_from), (Status::Closing, Some(Status::Active)));
            assert_eq!((moved.status_since, moved.status_reason.as_str()), (start(), "other"));
        }
    }

    #[test]
    fn terms_that_are_over_demand_their_verb() {
        let (before, after) = (start(), start().after(DAY));
        for (status, verb) in [(Status::Trial, Verb::Suspend), (Status::Closing, Verb::Finish)] {
            assert_eq!(tenant(status).demands(before), None);
            assert_eq!(tenant(status).demands(after).expect("is over").0, verb);
        }
        for status in [Status::Active, Status::Suspended, Status::Closed] {
            assert_eq!(tenant(status).demands(after), None);
        }
    }

    #[test]
    fn days_and_reasons_are_within_bounds() {
        assert_eq!(grace(None), Ok(30 * DAY));
        assert_eq!(grace(Some(0)), Ok(Duration::ZERO));
        assert!(grace(Some(-1)).is_err() && grace(Some(366)).is_err());
        assert_eq!(trial(0), Ok(None));
        assert!(trial(-1).is_err() && trial(366).is_err());
        assert_eq!(reason(" unpaid "), Ok("unpaid".into()));
        for bad in ["", "  ", "a\u{0}b", &"a".repeat(501)] {
            assert!(reason(bad).is_err(), "{bad:?}");
        }
    }
}
