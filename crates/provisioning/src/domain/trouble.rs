//! What an operator has to look at: a client that needs somebody.

use kernel::{ClientId, Email, PersonName, Timestamp};
use uuid::Uuid;

use super::{Cause, Client, Stage};

/// The reason of a client that is not active in time although nothing failed.
pub(crate) const OVERDUE_REASON: &str = "overdue";
/// The reason of a client whose work waits for a token.
pub(crate) const TOKENLESS_REASON: &str = "wb_token_missing";
/// The reason of a client that did not accept in time.
pub(crate) const UNACCEPTED_REASON: &str = "invite_expired";
/// The reason of an active client whose token has died.
pub(crate) const EXPIRED_REASON: &str = "wb_token_expired";

/// Longest note, in characters.
const LONGEST_NOTE: usize = 2000;

kernel::closed_set! {
    /// What kind of trouble it is.
    pub(crate) enum TroubleKind {
        /// A step failed for good.
        Failed = "failed",
        /// The job cannot go on by itself.
        Stuck = "stuck",
        /// An active client's workspace does not work any more.
        Degraded = "degraded",
        /// Not active in time.
        Overdue = "overdue",
        /// The invitation expired.
        Unaccepted = "unaccepted",
    }
}

kernel::closed_set! {
    /// Which troubles are listed.
    pub(crate) enum TroubleState {
        /// Somebody has to look.
        Open = "open",
        /// Over.
        Resolved = "resolved",
    }
}

/// A trouble with the client that has it, as an operator reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) trouble_id: Uuid,
    pub(crate) client_id: ClientId,
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    pub(crate) stage: Stage,
    pub(crate) kind: TroubleKind,
    pub(crate) run: i32,
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) opened_at: Timestamp,
    pub(crate) touched_at: Timestamp,
    pub(crate) worked_by: Option<String>,
    pub(crate) note: String,
    pub(crate) escalated_at: Option<Timestamp>,
    pub(crate) resolved_at: Option<Timestamp>,
    pub(crate) resolved_by: Option<String>,
}

/// Somebody else works on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claimed;

impl Trouble {
    /// Gives the trouble to `who`; one that is theirs stays so, untouched.
    pub(crate) fn claim(self, who: String, now: Timestamp) -> Result<Self, Claimed> {
        match self.worked_by {
            Some(ref worker) if *worker == who => Ok(self),
            Some(_) => Err(Claimed),
            None => Ok(Self { worked_by: Some(who), touched_at: now, ..self }),
        }
    }

    /// Gives the trouble back to the queue.
    pub(crate) fn release(self, now: Timestamp) -> Self {
        match self.worked_by {
            None => self,
            Some(_) => Self { worked_by: None, touched_at: now, ..self },
        }
    }

    /// Writes the note anew.
    pub(crate) fn noted(self, note: Remark, now: Timestamp) -> Self {
        Self { note: note.0, touched_at: now, ..self }
    }

    /// Notes that somebody did something about it.
    pub(crate) fn touched(self, now: Timestamp) -> Self {
        Self { touched_at: now, ..self }
    }

    /// Puts the trouble aside.
    pub(crate) fn resolve(self, who: String, now: Timestamp) -> Self {
        Self { resolved_at: Some(now), resolved_by: Some(who), touched_at: now, ..self }
    }
}

/// What an operator writes down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remark(String);

impl Remark {
    /// Reads a note.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.chars().count() > LONGEST_NOTE {
            return Err("is longer than 2,000 characters");
        }
        if text.contains('\0') {
            return Err("holds a NUL character");
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Why a client that nothing failed for is in trouble all the same.
pub(crate) fn lateness(client: &Client) -> (TroubleKind, Cause) {
    let (kind, reason, message) = match (client.stage, &client.wb_token_hint) {
        (Stage::Invited | Stage::Expired, _) => {
            (TroubleKind::Unaccepted, UNACCEPTED_REASON, "The invitation was not accepted in time.")
        }
        (_, None) => (
            TroubleKind::Overdue,
            TOKENLESS_REASON,
            "The client accepted, but no marketplace token has been given yet.",
        ),
        (_, Some(_)) => (
            TroubleKind::Overdue,
            OVERDUE_REASON,
            "The client accepted, but is not active in the time that was promised.",
        ),
    };
    (kind, Cause { reason: reason.into(), message: message.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        jiff::Timestamp::from_second(second).expect("in range").into()
    }

    fn open() -> Trouble {
        Trouble {
            trouble_id: Uuid::nil(),
            client_id: Uuid::nil().into(),
            email: Email::parse("ann@example.com").expect("an address"),
            name: PersonName::parse("Ann").expect("a name"),
            stage: Stage::Failed,
            kind: TroubleKind::Failed,
            run: 1,
            reason: "legacy_rejected".into(),
            message: "No.".into(),
            opened_at: at(1),
            touched_at: at(1),
            worked_by: None,
            note: String::new(),
            escalated_at: None,
            resolved_at: None,
            resolved_by: None,
        }
    }

    #[test]
    fn one_works_on_it_until_it_is_given_back() {
        let claimed = open().claim("user:a".into(), at(2)).expect("free");
        assert_eq!((claimed.worked_by.as_deref(), claimed.touched_at), (Some("user:a"), at(2)));
        assert_eq!(claimed.clone().claim("user:a".into(), at(3)), Ok(claimed.clone()));
        assert_eq!(claimed.clone().claim("user:b".into(), at(3)), Err(Claimed));
        let released = claimed.release(at(4));
        assert_eq!((released.worked_by.as_ref(), released.touched_at), (None, at(4)));
        assert_eq!(released.clone().release(at(5)), released);
        assert!(released.claim("user:b".into(), at(6)).is_ok());
    }

    #[test]
    fn a_note_has_a_length() {
        assert!(Remark::parse(&"я".repeat(2000)).is_ok());
        assert!(Remark::parse(&"я".repeat(2001)).is_err());
        assert!(Remark::parse("  ").expect("short").is_empty());
    }
}
