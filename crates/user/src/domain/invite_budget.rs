//! How many invitations a tenant may make in a day: the longer it is here, and the more of those whom it invites come,
//! the more.

use kernel::Timestamp;

use crate::domain::{DAY, Hindrance};

/// Fewer invitations than this say nothing of those who come.
const ENOUGH: i64 = 100;

/// What a tenant may send in any case, unless the platform's own number is lower.
const LEAST: i64 = 10;

/// What is known of a tenant's invitations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InviteBudget {
    /// When it invited for the first time.
    pub(crate) first_at: Timestamp,
    /// Today, the one in question included.
    pub(crate) today: i32,
    /// Before today.
    pub(crate) sent: i64,
    /// How many were accepted, whenever that was.
    pub(crate) accepted: i64,
}

impl InviteBudget {
    /// How many invitations it may make today, where the platform lets a new tenant make `base`.
    pub(crate) fn allowance(&self, base: u32, now: Timestamp) -> i64 {
        let base = i64::from(base);
        let by_age =
            base.saturating_mul(match now.since(self.first_at).as_secs() / DAY.as_secs() {
                0 => 1,
                1..7 => 2,
                7..30 => 5,
                _ => 20,
            });
        if self.sent < ENOUGH {
            return by_age;
        }
        match self.accepted.saturating_mul(100) / self.sent {
            // Hardly anybody wants these letters.
            ..5 => (base / 10).max(base.min(LEAST)),
            5..50 => by_age,
            _ => by_age.saturating_mul(2),
        }
    }

    /// Whether today's newest invitation is within it.
    pub(crate) fn allow(&self, base: u32, now: Timestamp) -> Result<(), Hindrance> {
        match i64::from(self.today) > self.allowance(base, now) {
            true => Err(Hindrance::TenantBudget),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(sent: i64, accepted: i64, today: i32) -> InviteBudget {
        InviteBudget { first_at: jiff::Timestamp::UNIX_EPOCH.into(), today, sent, accepted }
    }

    #[test]
    fn age_and_those_who_come_raise_what_a_tenant_may_send() {
        let start = Timestamp::from(jiff::Timestamp::UNIX_EPOCH);
        for (days, sent, accepted, expected) in [
            (0, 0, 0, 100),
            (1, 0, 0, 200),
            (6, 99, 0, 200),
            (7, 99, 0, 500),
            (30, 0, 0, 2_000),
            (30, 100, 4, 10),
            (30, 100, 5, 2_000),
            (30, 100, 49, 2_000),
            (30, 100, 50, 4_000),
            (0, 1_000, 1_000, 200),
        ] {
            let now = start.after(DAY * days);
            let allowance = budget(sent, accepted, 0).allowance(100, now);
            assert_eq!(allowance, expected, "{days} days, {accepted} of {sent}");
        }
    }

    #[test]
    fn small_and_huge_numbers_stay_what_they_are() {
        let start = Timestamp::from(jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(budget(1_000, 0, 0).allowance(4, start), 4, "never more than a new tenant's");
        assert_eq!(budget(0, 0, 0).allowance(0, start), 0);
        let most = budget(i64::MAX, i64::MAX, 0).allowance(u32::MAX, start.after(DAY * 99));
        assert!(most > 0);
    }

    #[test]
    fn the_last_within_it_passes_and_the_next_does_not() {
        let start = Timestamp::from(jiff::Timestamp::UNIX_EPOCH);
        assert!(budget(0, 0, 3).allow(3, start).is_ok());
        assert_eq!(budget(0, 0, 4).allow(3, start), Err(Hindrance::TenantBudget));
    }
}
