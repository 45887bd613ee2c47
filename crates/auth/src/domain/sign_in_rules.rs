//! What a tenant asks of the sessions that enter it.

use std::time::Duration;

use kernel::Timestamp;

use super::session::{Method, Session};

/// A tenant's rules, as its settings were told last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignInRules {
    pub(crate) version: i64,
    pub(crate) second_factor: bool,
    pub(crate) password_min_length: i32,
    pub(crate) idle_minutes: i32,
    pub(crate) absolute_minutes: i32,
}

/// Why a session that is good does not enter this tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotHere {
    /// It is older, or was unused for longer, than the tenant allows.
    TooOld,
    /// It began without a second factor.
    OneFactor,
}

/// What the platform asks of every password; a tenant that asks for no more asks for nothing.
const USUAL_LENGTH: i32 = 15;

impl SignInRules {
    /// Whether a session may enter at `now`. Use is known to the minute. Whom the operator of the machine let in needs no
    /// second factor.
    pub(crate) fn admit(&self, session: &Session, now: Timestamp) -> Result<(), NotHere> {
        let is_old = now.since(session.created_at) >= minutes(self.absolute_minutes);
        if is_old || now.since(session.last_used_at) >= minutes(self.idle_minutes) {
            return Err(NotHere::TooOld);
        }
        let is_shown = session.second_factor_at.is_some() || session.method == Method::Issued;
        if self.second_factor && !is_shown { Err(NotHere::OneFactor) } else { Ok(()) }
    }

    /// Whether passwords have to be longer than the platform asks for.
    pub(crate) const fn lengthens_passwords(&self) -> bool {
        self.password_min_length > USUAL_LENGTH
    }
}

fn minutes(count: i32) -> Duration {
    Duration::from_secs(u64::try_from(count).unwrap_or_default() * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        jiff::Timestamp::from_second(seconds).expect("a second").into()
    }

    #[test]
    fn a_session_enters_while_it_is_young_used_and_shown_with_what_is_asked_for() {
        let rules = SignInRules {
            version: 1,
            second_factor: true,
            password_min_length: 15,
            idle_minutes: 10,
            absolute_minutes: 60,
        };
        let session = Session {
            session_id: uuid::Uuid::nil().into(),
            user_id: uuid::Uuid::nil().into(),
            created_at: at(0),
            expires_at: at(1_000_000),
            ended_at: None,
            last_used_at: at(3_000),
            method: Method::Password,
            device: String::new(),
            address: String::new(),
            idle_seconds: None,
            proven_at: at(0),
            pending: false,
            second_factor_at: Some(at(1)),
        };
        assert_eq!(rules.admit(&session, at(3_599)), Ok(()));
        assert_eq!(rules.admit(&session, at(3_600)), Err(NotHere::TooOld));
        let unused = Session { last_used_at: at(0), ..session.clone() };
        assert_eq!(rules.admit(&unused, at(600)), Err(NotHere::TooOld));
        let one = Session { second_factor_at: None, ..session.clone() };
        assert_eq!(rules.admit(&one, at(3_001)), Err(NotHere::OneFactor));
        let issued = Session { method: Method::Issued, ..one.clone() };
        assert_eq!(rules.admit(&issued, at(3_001)), Ok(()));
        let lax = SignInRules { second_factor: false, ..rules };
        assert_eq!(lax.admit(&one, at(3_001)), Ok(()));
    }
}
