//! A person's wish for another address, and what it takes to come true: a yes at the old and at the new one.

use std::time::Duration;

use kernel::{Email, Locale, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{DAY, EmailRefusal};

/// How long its links work.
const LIFE: Duration = Duration::from_secs(24 * 3_600);

/// How many wishes a person may have in a day, and how many may be about one address.
const DAILY: i64 = 5;

kernel::closed_set! {
    /// To which of both addresses a link was sent.
    pub(crate) enum Side {
        /// The one that signs the person in until then.
        Old = "old",
        /// The one that is wished for.
        New = "new",
    }
}

kernel::closed_set! {
    /// What became of the wish.
    pub(crate) enum ChangeStatus {
        /// Its links work.
        Pending = "pending",
        /// The new address holds.
        Done = "done",
        /// One of both addresses said no.
        Refused = "refused",
        /// The person took it back.
        Withdrawn = "withdrawn",
        /// The person wished anew.
        Replaced = "replaced",
        /// The address could not be had.
        Unusable = "unusable",
    }
}

/// A wish for another address; never the secrets of its links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EmailChange {
    pub(crate) change_id: Uuid,
    pub(crate) user_id: UserId,
    /// The session in which it was asked for.
    pub(crate) session_id: SessionId,
    pub(crate) old_email: Email,
    pub(crate) new_email: Email,
    pub(crate) locale: Locale,
    /// As stored; [`EmailChange::standing`] says what holds now.
    pub(crate) status: ChangeStatus,
    pub(crate) old_confirmed_at: Option<Timestamp>,
    pub(crate) new_confirmed_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

impl EmailChange {
    /// When the links of a wish made at `now` stop working.
    pub(crate) fn end(now: Timestamp) -> Timestamp {
        now.after(LIFE)
    }

    /// The word for how it stands now: expiry is a matter of time, not of a stored word.
    pub(crate) fn standing(&self, now: Timestamp) -> &'static str {
        match self.status {
            ChangeStatus::Pending if self.expires_at <= now => "expired",
            other => other.as_str(),
        }
    }

    /// Whether its links work now.
    pub(crate) fn open(&self, now: Timestamp) -> Result<(), EmailRefusal> {
        match self.status {
            ChangeStatus::Pending if self.expires_at <= now => Err(EmailRefusal::Expired),
            ChangeStatus::Pending => Ok(()),
            ChangeStatus::Done => Err(EmailRefusal::Done),
            ChangeStatus::Refused => Err(EmailRefusal::Refused),
            ChangeStatus::Withdrawn => Err(EmailRefusal::Withdrawn),
            ChangeStatus::Replaced => Err(EmailRefusal::Replaced),
            ChangeStatus::Unusable => Err(EmailRefusal::Unusable),
        }
    }

    /// Whether this address has said yes.
    pub(crate) const fn is_confirmed(&self, side: Side) -> bool {
        match side {
            Side::Old => self.old_confirmed_at.is_some(),
            Side::New => self.new_confirmed_at.is_some(),
        }
    }

    /// The wish with the yes of one address, done where that is the second one; `None` where it was said before.
    pub(crate) fn confirm(&self, side: Side, now: Timestamp) -> Result<Option<Self>, EmailRefusal> {
        if self.is_confirmed(side)
            && matches!(self.status, ChangeStatus::Pending | ChangeStatus::Done)
        {
            return Ok(None);
        }
        self.open(now)?;
        let mut confirmed = self.clone();
        match side {
            Side::Old => confirmed.old_confirmed_at = Some(now),
            Side::New => confirmed.new_confirmed_at = Some(now),
        }
        if confirmed.is_confirmed(Side::Old) && confirmed.is_confirmed(Side::New) {
            confirmed.status = ChangeStatus::Done;
        }
        Ok(Some(confirmed))
    }

    /// The wish refused; `None` where it was before.
    pub(crate) fn refuse(&self, now: Timestamp) -> Result<Option<Self>, EmailRefusal> {
        if self.status == ChangeStatus::Refused {
            return Ok(None);
        }
        self.open(now)?;
        Ok(Some(self.ended(ChangeStatus::Refused)))
    }

    /// The wish with an end.
    pub(crate) fn ended(&self, status: ChangeStatus) -> Self {
        Self { status, ..self.clone() }
    }
}

/// Refuses a wish beyond those of a day, counted by person or by address; `oldest` is when the first of them was.
pub(crate) fn allow_wish(
    wishes: i64,
    oldest: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), EmailRefusal> {
    if wishes < DAILY {
        return Ok(());
    }
    let since = oldest.map_or(Duration::ZERO, |oldest| now.since(oldest));
    Err(EmailRefusal::Budget(DAY.saturating_sub(since).max(Duration::from_secs(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        jiff::Timestamp::UNIX_EPOCH.into()
    }

    fn change(status: ChangeStatus) -> EmailChange {
        EmailChange {
            change_id: Uuid::from_u128(1),
            user_id: Uuid::from_u128(2).into(),
            session_id: Uuid::from_u128(3).into(),
            old_email: Email::parse("ann@example.com").expect("an address"),
            new_email: Email::parse("ann@example.org").expect("an address"),
            locale: Locale::parse("en").expect("a language"),
            status,
            old_confirmed_at: None,
            new_confirmed_at: None,
            created_at: start(),
            expires_at: EmailChange::end(start()),
        }
    }

    #[test]
    fn both_addresses_say_yes_in_whatever_order_and_once() {
        for sides in [[Side::Old, Side::New], [Side::New, Side::Old]] {
            let first = change(ChangeStatus::Pending).confirm(sides[0], start());
            let first = first.expect("may be").expect("is the first time");
            assert_eq!(first.status, ChangeStatus::Pending);
            assert_eq!(first.confirm(sides[0], start()), Ok(None));
            let second = first.confirm(sides[1], start()).expect("may be").expect("changes");
            assert_eq!(second.status, ChangeStatus::Done);
            for side in sides {
                assert_eq!(
                    second.confirm(side, EmailChange::end(start())),
                    Ok(None),
                    "done is done"
                );
            }
            assert_eq!(second.refuse(start()), Err(EmailRefusal::Done));
        }
    }

    #[test]
    fn what_has_ended_is_neither_confirmed_nor_refused() {
        let end = EmailChange::end(start());
        for (status, now, expected) in [
            (ChangeStatus::Pending, end, EmailRefusal::Expired),
            (ChangeStatus::Refused, start(), EmailRefusal::Refused),
            (ChangeStatus::Withdrawn, start(), EmailRefusal::Withdrawn),
            (ChangeStatus::Replaced, start(), EmailRefusal::Replaced),
            (ChangeStatus::Unusable, start(), EmailRefusal::Unusable),
        ] {
            assert_eq!(change(status).confirm(Side::Old, now), Err(expected), "{status}");
            let refused = change(status).refuse(now);
            match status {
                ChangeStatus::Refused => assert_eq!(refused, Ok(None)),
                _ => assert_eq!(refused, Err(expected), "{status}"),
            }
        }
        assert_eq!(change(ChangeStatus::Pending).standing(end), "expired");
    }

    #[test]
    fn a_day_has_room_for_some_wishes_and_says_when_the_next_one_may_come() {
        assert_eq!(allow_wish(DAILY - 1, Some(start()), start()), Ok(()));
        let later = start().after(Duration::from_secs(3_600));
        let wait = Duration::from_secs(23 * 3_600);
        assert_eq!(allow_wish(DAILY, Some(start()), later), Err(EmailRefusal::Budget(wait)));
    }
}
