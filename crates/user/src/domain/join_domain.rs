//! Coming in by the domain of one's address.

use std::time::Duration;

use kernel::{Email, PersonName, Timestamp, UserId, is_public_mail};
use uuid::Uuid;

use crate::domain::{Hindrance, email_domain};

/// How long after having been declined somebody may ask again.
const PATIENCE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Most domains of one tenant.
pub(crate) const MOST_JOIN_DOMAINS: i64 = 50;

kernel::closed_set! {
    /// What the people of a domain may do.
    pub(crate) enum Way {
        /// Join at once.
        Join = "join",
        /// Ask whoever may decide.
        Ask = "ask",
    }
}

kernel::closed_set! {
    /// What became of somebody who asked.
    pub(crate) enum RequestStatus {
        /// Nobody has decided.
        Pending = "pending",
        /// The person was let in.
        Approved = "approved",
        /// The person was not.
        Declined = "declined",
    }
}

/// A domain whose people may join a tenant, or ask to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinDomain {
    pub(crate) domain: String,
    pub(crate) way: Way,
    pub(crate) role: String,
    pub(crate) set_by: String,
    pub(crate) set_at: Timestamp,
}

/// Somebody who asked to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinRequest {
    pub(crate) request_id: Uuid,
    pub(crate) user_id: UserId,
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    pub(crate) role: String,
    pub(crate) message: String,
    pub(crate) status: RequestStatus,
    pub(crate) asked_at: Timestamp,
    pub(crate) decided_at: Option<Timestamp>,
    pub(crate) decided_by: Option<String>,
}

impl JoinRequest {
    /// Whether a decision changes anything: the same one again does not, and the other one is refused.
    pub(crate) fn takes(&self, decision: RequestStatus) -> Result<bool, Hindrance> {
        match self.status {
            RequestStatus::Pending => Ok(true),
            status if status == decision => Ok(false),
            _ => Err(Hindrance::RequestDecided),
        }
    }

    /// Whether, after this one, the person may ask once more.
    pub(crate) fn may_follow(&self, now: Timestamp) -> Result<(), Hindrance> {
        let declined = self.decided_at.filter(|_| self.status == RequestStatus::Declined);
        match declined.is_some_and(|declined| declined.after(PATIENCE) > now) {
            true => Err(Hindrance::AskedLately),
            false => Ok(()),
        }
    }
}

/// Reads a domain whose people may come in: none where anybody gets an address.
pub(crate) fn join_domain(text: &str) -> Result<String, &'static str> {
    let domain = email_domain(text)?;
    match is_public_mail(&domain) {
        true => Err("is where anybody gets an address; name a domain of your own"),
        false => Ok(domain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(status: RequestStatus) -> JoinRequest {
        let start = Timestamp::from(jiff::Timestamp::UNIX_EPOCH);
        JoinRequest {
            request_id: Uuid::from_u128(1),
            user_id: Uuid::from_u128(2).into(),
            email: Email::parse("ann@acme.test").expect("an address"),
            name: PersonName::parse("Ann").expect("a name"),
            role: "client".into(),
            message: String::new(),
            status,
            asked_at: start,
            decided_at: (status != RequestStatus::Pending).then_some(start),
            decided_by: None,
        }
    }

    #[test]
    fn a_decision_stands_and_may_be_repeated() {
        use RequestStatus::{Approved, Declined, Pending};
        for (status, decision, expected) in [
            (Pending, Approved, Ok(true)),
            (Pending, Declined, Ok(true)),
            (Approved, Approved, Ok(false)),
            (Declined, Declined, Ok(false)),
            (Approved, Declined, Err(Hindrance::RequestDecided)),
            (Declined, Approved, Err(Hindrance::RequestDecided)),
        ] {
            assert_eq!(request(status).takes(decision), expected, "{status} {decision}");
        }
    }

    #[test]
    fn who_was_declined_asks_again_after_a_week() {
        let (start, declined) =
            (Timestamp::from(jiff::Timestamp::UNIX_EPOCH), request(RequestStatus::Declined));
        let day = |days: u64| start.after(Duration::from_secs(days * 24 * 3600));
        assert_eq!(declined.may_follow(day(6)), Err(Hindrance::AskedLately));
        assert!(declined.may_follow(day(7)).is_ok());
        assert!(request(RequestStatus::Approved).may_follow(start).is_ok());
    }

    #[test]
    fn nobody_comes_in_by_a_domain_of_everybody() {
        assert_eq!(join_domain("Acme.test"), Ok("acme.test".into()));
        for bad in ["gmail.com", "GMail.com", "mail.ru", "acme", ""] {
            assert!(join_domain(bad).is_err(), "{bad}");
        }
    }
}
