//! An invitation and its life: pending, then accepted, expired or revoked.

use std::time::Duration;

use kernel::{Email, InviteId, Locale, PersonName, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::{Error, Result, domain::TenantRole};

/// How often an invitation may be sent, the first time included.
const MOST_SENDS: i32 = 5;

kernel::closed_set! {
    /// What became of an invitation.
    pub(crate) enum InviteStatus {
        /// Its link works.
        Pending = "pending",
        /// Somebody came in by it.
        Accepted = "accepted",
        /// Its time is over.
        Expired = "expired",
        /// It was taken back.
        Revoked = "revoked",
    }
}

/// An invitation of a person to a tenant; never its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Invite {
    pub(crate) invite_id: InviteId,
    pub(crate) user_id: UserId,
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    pub(crate) role: TenantRole,
    /// As stored; [`Invite::standing`] says what holds now.
    pub(crate) status: InviteStatus,
    pub(crate) locale: Locale,
    pub(crate) reference: String,
    pub(crate) sends: i32,
    pub(crate) ttl_hours: i32,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) accepted_at: Option<Timestamp>,
}

impl Invite {
    /// The status at this moment: expiry is a matter of time, not of a stored word.
    pub(crate) fn standing(&self, now: Timestamp) -> InviteStatus {
        match self.status {
            InviteStatus::Pending if self.expires_at <= now => InviteStatus::Expired,
            other => other,
        }
    }

    /// Whether its link opens the door now.
    pub(crate) fn open(&self, now: Timestamp) -> Result<()> {
        refuse(self.standing(now))
    }

    /// The invitation as it is after one more sending, for which its time begins anew. An invitation whose time is
    /// over may be sent again too.
    pub(crate) fn resend(self, now: Timestamp) -> Result<Self> {
        refuse(self.status)?;
        if self.sends >= MOST_SENDS {
            return Err(Error::ResendLimit);
        }
        let expires_at = Lifetime(self.ttl_hours).from(now);
        Ok(Self { sends: self.sends + 1, expires_at, ..self })
    }

    /// The invitation taken back; `None` where it was before.
    pub(crate) fn revoke(self) -> Result<Option<Self>> {
        match self.status {
            InviteStatus::Revoked => Ok(None),
            status => {
                refuse(status)?;
                Ok(Some(Self { status: InviteStatus::Revoked, ..self }))
            }
        }
    }
}

/// Why nothing can be done any more with an invitation in this status.
const fn refuse(status: InviteStatus) -> Result<()> {
    match status {
        InviteStatus::Pending => Ok(()),
        InviteStatus::Accepted => Err(Error::InvitationUsed),
        InviteStatus::Expired => Err(Error::InvitationExpired),
        InviteStatus::Revoked => Err(Error::InvitationRevoked),
    }
}

/// How long a link works, in hours: 1 to 720.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifetime(i32);

impl Lifetime {
    /// Reads a wire value; zero means 72.
    pub(crate) fn from_wire(hours: i32) -> Result<Self, &'static str> {
        match hours {
            0 => Ok(Self(72)),
            1..=720 => Ok(Self(hours)),
            _ => Err("must be 1 to 720 hours"),
        }
    }

    pub(crate) const fn hours(self) -> i32 {
        self.0
    }

    /// The end of a life that begins at `start`.
    pub(crate) fn from(self, start: Timestamp) -> Timestamp {
        start.after(Duration::from_secs(u64::from(self.0.unsigned_abs()) * 3600))
    }
}

/// Reads what the inviting side calls an invitation: at most 200 characters, no control characters.
pub(crate) fn reference(text: &str) -> Result<String, &'static str> {
    if text.chars().count() > 200 {
        return Err("is longer than 200 characters");
    }
    if text.chars().any(char::is_control) {
        return Err("holds control characters");
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Failure;
    use uuid::Uuid;

    fn start() -> Timestamp {
        jiff::Timestamp::UNIX_EPOCH.into()
    }

    fn invite(status: InviteStatus) -> Invite {
        Invite {
            invite_id: Uuid::from_u128(1).into(),
            user_id: Uuid::from_u128(2).into(),
            email: Email::parse("ann@example.com").expect("an address"),
            name: PersonName::parse("Ann").expect("a name"),
            role: TenantRole::Client,
            status,
            locale: Locale::parse("en").expect("a language"),
            reference: String::new(),
            sends: 1,
            ttl_hours: 72,
            created_at: start(),
            expires_at: Lifetime(72).from(start()),
            accepted_at: None,
        }
    }

    fn reason<T>(outcome: Result<T>) -> &'static str {
        outcome.map_or_else(|error| error.reason(), |_| "ok")
    }

    #[test]
    fn only_a_pending_invitation_in_its_time_opens() {
        let end = Lifetime(72).from(start());
        assert_eq!(reason(invite(InviteStatus::Pending).open(start())), "ok");
        for (status, now, expected) in [
            (InviteStatus::Pending, end, "invitation_expired"),
            (InviteStatus::Accepted, end, "invitation_used"),
            (InviteStatus::Revoked, start(), "invitation_revoked"),
            (InviteStatus::Expired, start(), "invitation_expired"),
        ] {
            assert_eq!(reason(invite(status).open(now)), expected);
        }
    }

    #[test]
    fn sending_again_renews_the_time_and_ends_at_five() {
        let end = Lifetime(72).from(start());
        let mut current = invite(InviteStatus::Pending);
        for sends in 2..=MOST_SENDS {
            current = current.resend(end).expect("may be sent");
            assert_eq!((current.sends, current.expires_at), (sends, Lifetime(72).from(end)));
        }
        assert_eq!(reason(current.resend(end)), "resend_limit");
        assert_eq!(reason(invite(InviteStatus::Accepted).resend(start())), "invitation_used");
    }

    #[test]
    fn taking_back_twice_changes_nothing_and_an_accepted_one_stays() {
        let revoked = invite(InviteStatus::Pending).revoke().expect("may be").expect("changes");
        assert_eq!(revoked.status, InviteStatus::Revoked);
        assert_eq!(revoked.revoke().expect("may be"), None);
        assert_eq!(reason(invite(InviteStatus::Accepted).revoke()), "invitation_used");
    }

    #[test]
    fn lifetimes_outside_a_month_are_refused() {
        assert_eq!(Lifetime::from_wire(0), Ok(Lifetime(72)));
        for bad in [-1, 721, i32::MIN, i32::MAX] {
            assert!(Lifetime::from_wire(bad).is_err());
        }
    }
}
