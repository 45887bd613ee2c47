//! A tenant's rules for its invitations.

use std::time::Duration;

use kernel::{Email, Timestamp, is_public_mail};

use super::lifetime::LONGEST;
use crate::{Error, Result, domain::Lifetime};

/// The span over which letters to one address are counted.
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

kernel::closed_set! {
    /// With which address somebody who is signed in may accept.
    pub(crate) enum AddressRule {
        /// With the invited one alone.
        Exact = "exact",
        /// With one at the same domain, unless anybody gets addresses there.
        Domain = "domain",
        /// With whichever is theirs.
        Any = "any",
    }
}

/// The rules of a tenant's invitations; the default is the platform's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvitePolicy {
    pub(crate) default_ttl_hours: i32,
    pub(crate) shortest_ttl_hours: i32,
    pub(crate) longest_ttl_hours: i32,
    /// How often one invitation may be sent, the first time included.
    pub(crate) most_sends: i32,
    /// How many letters one address may get within [`DAY`].
    pub(crate) recipient_daily: i32,
    /// How long a link still works after a newer one was sent.
    pub(crate) overlap_minutes: i32,
    /// How many wrong passwords one link stands.
    pub(crate) most_attempts: i32,
    pub(crate) address_rule: AddressRule,
    /// Whether it is noted that the page of a link was shown to a person.
    pub(crate) openings_noted: bool,
    pub(crate) set_at: Option<Timestamp>,
}

impl Default for InvitePolicy {
    fn default() -> Self {
        Self {
            default_ttl_hours: 72,
            shortest_ttl_hours: 1,
            longest_ttl_hours: LONGEST,
            most_sends: 5,
            recipient_daily: 10,
            overlap_minutes: 15,
            most_attempts: 10,
            address_rule: AddressRule::Exact,
            openings_noted: false,
            set_at: None,
        }
    }
}

impl InvitePolicy {
    /// The life of an invitation for which the inviter wished `wish`.
    pub(crate) fn lifetime(&self, wish: Option<Lifetime>) -> Result<Lifetime> {
        let bounds = self.shortest_ttl_hours..=self.longest_ttl_hours;
        match wish {
            None => Ok(Lifetime::of(self.default_ttl_hours)),
            Some(life) if bounds.contains(&life.hours()) => Ok(life),
            Some(_) => Err(Error::LifetimeOutOfBounds {
                shortest: self.shortest_ttl_hours,
                longest: self.longest_ttl_hours,
            }),
        }
    }

    /// Whether somebody whose own address is `own` may accept an invitation to `invited`.
    pub(crate) fn admits(&self, invited: &Email, own: &Email) -> bool {
        let shared = || invited.domain() == own.domain() && !is_public_mail(own.domain());
        invited == own
            || match self.address_rule {
                AddressRule::Exact => false,
                AddressRule::Domain => shared(),
                AddressRule::Any => true,
            }
    }

    /// Whether somebody for whose address `shown` the tenant's provider vouches may accept an invitation to `invited`;
    /// `is_proven` says that the tenant has proven the domain of that address.
    pub(crate) fn admits_vouched(&self, invited: &Email, shown: &Email, is_proven: bool) -> bool {
        let stands = is_proven || self.address_rule != AddressRule::Domain;
        invited == shown || (stands && self.admits(invited, shown))
    }

    /// Until when a link works that is replaced at `now`; `None` where it ends at once.
    pub(crate) fn overlap_from(&self, now: Timestamp) -> Option<Timestamp> {
        let minutes = u64::from(self.overlap_minutes.unsigned_abs());
        (minutes > 0).then(|| now.after(Duration::from_secs(minutes * 60)))
    }

    /// Whether an address that got `letters` within [`DAY`], the first at `oldest`, may get one more at `now`.
    pub(crate) fn allow_letter(
        &self,
        letters: i64,
        oldest: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<()> {
        if letters < i64::from(self.recipient_daily) {
            return Ok(());
        }
        Err(Error::RecipientBudget(oldest.map_or(DAY, |oldest| oldest.after(DAY).since(now))))
    }

    /// The problem with rules that contradict each other or leave their bounds, with the field at fault.
    pub(crate) fn check(self) -> Result<Self, (&'static str, &'static str)> {
        let Self { shortest_ttl_hours: shortest, longest_ttl_hours: longest, .. } = self;
        let within = |value: i32, most: i32| (1..=most).contains(&value);
        let faults = [
            (!within(shortest, LONGEST), "shortestTtlHours", "must be 1 to 720"),
            (!within(longest, LONGEST), "longestTtlHours", "must be 1 to 720"),
            (longest < shortest, "longestTtlHours", "must not be below shortestTtlHours"),
            (
                !(shortest..=longest).contains(&self.default_ttl_hours),
                "defaultTtlHours",
                "must lie between shortestTtlHours and longestTtlHours",
            ),
            (!within(self.most_sends, 20), "mostSends", "must be 1 to 20"),
            (!within(self.recipient_daily, 100), "recipientDaily", "must be 1 to 100"),
            (!(0..=60).contains(&self.overlap_minutes), "overlapMinutes", "must be 0 to 60"),
            (!within(self.most_attempts, 100), "mostAttempts", "must be 1 to 100"),
        ];
        match faults.into_iter().find(|(fault, ..)| *fault) {
            Some((_, field, problem)) => Err((field, problem)),
            None => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Failure;

    fn email(text: &str) -> Email {
        Email::parse(text).expect("an address")
    }

    #[test]
    fn a_wish_outside_the_bounds_is_refused_and_none_gets_the_default() {
        let policy = InvitePolicy {
            default_ttl_hours: 24,
            shortest_ttl_hours: 12,
            longest_ttl_hours: 48,
            ..InvitePolicy::default()
        };
        assert_eq!(policy.lifetime(None).expect("the default").hours(), 24);
        for good in [12, 48] {
            assert_eq!(policy.lifetime(Some(Lifetime::of(good))).expect("within").hours(), good);
        }
        for bad in [11, 49] {
            let refused = policy.lifetime(Some(Lifetime::of(bad))).expect_err("outside");
            assert_eq!(refused.fields()[0].field, "expiresInHours");
        }
    }

    #[test]
    fn another_address_is_let_in_by_the_rule_alone() {
        let (ann, bob) = (email("ann@acme.test"), email("bob@acme.test"));
        let (near, far) = (email("eve@sub.acme.test"), email("ann@else.test"));
        for (address_rule, expected) in [
            (AddressRule::Exact, [true, false, false, false]),
            (AddressRule::Domain, [true, true, false, false]),
            (AddressRule::Any, [true, true, true, true]),
        ] {
            let policy = InvitePolicy { address_rule, ..InvitePolicy::default() };
            let seen = [&ann, &bob, &near, &far].map(|own| policy.admits(&ann, own));
            assert_eq!(seen, expected, "{address_rule}");
        }
        let policy = InvitePolicy { address_rule: AddressRule::Domain, ..InvitePolicy::default() };
        assert!(!policy.admits(&email("ann@gmail.com"), &email("eve@gmail.com")), "anybody's");
        let vouched = [(&ann, false), (&bob, true), (&bob, false), (&near, true)];
        let seen = vouched.map(|(shown, proven)| policy.admits_vouched(&ann, shown, proven));
        assert_eq!(seen, [true, true, false, false], "a provider's word needs the domain's proof");
    }

    #[test]
    fn a_recipient_waits_until_the_oldest_letter_is_a_day_old() {
        let (policy, start) =
            (InvitePolicy::default(), Timestamp::from(jiff::Timestamp::UNIX_EPOCH));
        let later = start.after(Duration::from_secs(3600));
        assert!(policy.allow_letter(9, Some(start), later).is_ok());
        let refused = policy.allow_letter(10, Some(start), later).expect_err("enough");
        assert_eq!(refused.reason(), "recipient_budget");
        assert_eq!(refused.retry_after(), Some(Duration::from_secs(23 * 3600)));
    }

    #[test]
    fn rules_that_contradict_each_other_name_the_field() {
        let good = InvitePolicy::default();
        assert!(good.clone().check().is_ok());
        for (field, bad) in [
            ("shortestTtlHours", InvitePolicy { shortest_ttl_hours: 0, ..good.clone() }),
            ("longestTtlHours", InvitePolicy { longest_ttl_hours: 721, ..good.clone() }),
            (
                "longestTtlHours",
                InvitePolicy { shortest_ttl_hours: 9, longest_ttl_hours: 8, ..good.clone() },
            ),
            ("defaultTtlHours", InvitePolicy { longest_ttl_hours: 71, ..good.clone() }),
            ("mostSends", InvitePolicy { most_sends: 21, ..good.clone() }),
            ("recipientDaily", InvitePolicy { recipient_daily: 0, ..good.clone() }),
            ("overlapMinutes", InvitePolicy { overlap_minutes: -1, ..good.clone() }),
            ("mostAttempts", InvitePolicy { most_attempts: 101, ..good }),
        ] {
            assert_eq!(bad.check().expect_err("is refused").0, field);
        }
    }
}
