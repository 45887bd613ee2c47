//! What one person may do, or may not, whatever their roles say.

use std::time::Duration;

use kernel::{Timestamp, UserId};
use serde::Deserialize;
use uuid::Uuid;

use super::role_binding::ahead;

/// An exception that allows is for a time.
const LONGEST_ALLOWANCE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

kernel::closed_set! {
    /// Which way an exception goes.
    pub(crate) enum Effect {
        Allow = "allow",
        Deny = "deny",
    }
}

/// An exception for one person.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct PolicyOverride {
    pub(crate) override_id: Uuid,
    pub(crate) user_id: UserId,
    pub(crate) effect: Effect,
    /// Absent for everything.
    pub(crate) permission: Option<String>,
    pub(crate) reason: String,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) made_at: Timestamp,
    pub(crate) made_by: String,
}

impl PolicyOverride {
    /// Whether it counts at `now` for this permission.
    pub(crate) fn speaks_of(&self, permission: &str, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
            && self.permission.as_deref().is_none_or(|named| named == permission)
    }
}

/// Checks the end: what is denied may last, what is allowed ends within 30 days.
pub(crate) fn end(
    effect: Effect,
    end: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), &'static str> {
    ahead(end, now)?;
    match (effect, end) {
        (Effect::Allow, None) => Err("is required where something is allowed"),
        (Effect::Allow, Some(end)) if end > now.after(LONGEST_ALLOWANCE) => {
            Err("must lie within 30 days where something is allowed")
        }
        _ => Ok(()),
    }
}

/// Reads a reason.
pub(crate) fn reason(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    match (1..=500).contains(&text.chars().count()) && !text.contains('\0') {
        true => Ok(text.into()),
        false => Err("must hold 1 to 500 characters"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_ends_and_what_is_denied_may_last() {
        let now: Timestamp = jiff::Timestamp::UNIX_EPOCH.into();
        let day = |days: u64| Some(now.after(Duration::from_secs(days * 24 * 3600)));
        assert!(end(Effect::Deny, None, now).is_ok() && end(Effect::Deny, day(400), now).is_ok());
        assert!(end(Effect::Allow, day(30), now).is_ok());
        for (effect, wish) in [
            (Effect::Allow, None),
            (Effect::Allow, day(31)),
            (Effect::Allow, Some(now)),
            (Effect::Deny, Some(now)),
        ] {
            assert!(end(effect, wish, now).is_err(), "{effect} {wish:?}");
        }
    }

    #[test]
    fn a_reason_is_given() {
        assert_eq!(reason(" left the firm "), Ok("left the firm".into()));
        for bad in ["", "   ", "a\0b", &"a".repeat(501)] {
            assert!(reason(bad).is_err());
        }
    }
}
