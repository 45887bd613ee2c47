//! How often something may be tried: some times freely, then ever more seldom, never not at all.

use std::{net::IpAddr, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use kernel::{Email, Timestamp, UserId};

/// Nobody tried for so long: counting begins anew.
const FORGOTTEN: Duration = Duration::from_secs(24 * 3_600);

kernel::closed_set! {
    /// What is counted.
    pub(crate) enum Tries {
        /// Proofs of one account (passwords, codes) from sources that it has not signed in from.
        Account = "account",
        /// Proofs of one account from a source that it has signed in from: strangers cannot use these up.
        Known = "known",
        /// Proofs of any account from one source.
        Source = "source",
        /// Letters to one account.
        Letters = "letters",
        /// Letters to anybody, asked for from one source.
        LettersOfSource = "letters_of_source",
        /// Guesses of one person at what devices show.
        UserCodes = "user_codes",
    }
}

/// How many tries are free, and how long the next ones wait.
struct Allowance {
    free: u32,
    first: Duration,
    longest: Duration,
}

impl Tries {
    const fn allowance(self) -> Allowance {
        let (free, first, longest) = match self {
            Self::Account | Self::UserCodes => (10, 1, 900),
            Self::Known => (30, 1, 300),
            // Many people may stand behind one address.
            Self::Source => (100, 1, 900),
            Self::Letters => (3, 60, 3_600),
            Self::LettersOfSource => (20, 10, 900),
        };
        Allowance { free, first: Duration::from_secs(first), longest: Duration::from_secs(longest) }
    }
}

/// Tries so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    /// How many since counting began; right ones are taken off again.
    pub(crate) tries: i32,
    /// When the last one was.
    pub(crate) last_at: Timestamp,
    /// Before this there is no other.
    pub(crate) free_at: Timestamp,
}

impl Tally {
    /// Counts one more try at `now`, before it is known whether it is right.
    ///
    /// # Errors
    /// How long to wait where it is too early.
    pub(crate) fn count(self, kind: Tries, now: Timestamp) -> Result<Self, Duration> {
        if now < self.free_at {
            return Err(self.free_at.since(now));
        }
        let former = if now.since(self.last_at) >= FORGOTTEN { 0 } else { self.tries };
        let tries = former.saturating_add(1);
        let allowance = kind.allowance();
        let beyond = u32::try_from(tries).unwrap_or(0).saturating_sub(allowance.free);
        let wait = match beyond {
            0 => Duration::ZERO,
            beyond => allowance
                .first
                .saturating_mul(2_u32.saturating_pow(beyond - 1))
                .min(allowance.longest),
        };
        Ok(Self { tries, last_at: now, free_at: now.after(wait) })
    }

    /// Takes off a try that was right. Nobody waits any more where only right ones had filled the free tries.
    pub(crate) fn take_off(self, kind: Tries) -> Self {
        let tries = self.tries.saturating_sub(1).max(0);
        let is_free = u32::try_from(tries).unwrap_or(0) <= kind.allowance().free;
        Self { tries, free_at: if is_free { self.last_at } else { self.free_at }, ..self }
    }
}

/// Whose proofs are counted: the account that a spelling leads to, or the canonical address that leads to none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Account {
    /// A person.
    Person(UserId),
    /// Nobody.
    Nobody(Email),
}

/// Where a try comes from: an address, or the network of 2^64 addresses that one subscriber has (IPv6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source(String);

/// What a tally is kept under: a digest, so that the table names nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject(Vec<u8>);

impl Source {
    /// Reads the address that the gateway saw.
    pub(crate) fn read(address: Option<&str>) -> Option<Self> {
        let address: IpAddr = address?.parse().ok()?;
        Some(Self(match address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }))
    }
}

impl Subject {
    /// All that concerns an account.
    pub(crate) fn account(account: &Account) -> Self {
        Self::of(&Self::label(account))
    }

    /// All that concerns an account and comes from one source.
    pub(crate) fn known(account: &Account, source: &Source) -> Self {
        Self::of(&format!("{} from {}", Self::label(account), source.0))
    }

    /// All that comes from one source.
    pub(crate) fn source(source: &Source) -> Self {
        Self::of(&source.0)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn label(account: &Account) -> String {
        match account {
            Account::Person(user_id) => format!("user:{user_id}"),
            Account::Nobody(email) => format!("mail:{email}"),
        }
    }

    fn of(text: &str) -> Self {
        Self(digest(&SHA256, text.as_bytes()).as_ref().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        jiff::Timestamp::from_second(1_800_000_000 + seconds).expect("a second").into()
    }

    fn fresh() -> Tally {
        Tally { tries: 0, last_at: at(0), free_at: at(0) }
    }

    #[test]
    fn after_the_free_tries_each_waits_twice_as_long_up_to_a_bound() {
        let mut tally = fresh();
        for _ in 0..10 {
            tally = tally.count(Tries::Account, at(0)).expect("is free");
        }
        let (mut now, mut waits) = (0, Vec::new());
        for _ in 0..13 {
            tally = tally.count(Tries::Account, at(now)).expect("has waited");
            let wait = tally.count(Tries::Account, at(now)).expect_err("is too early").as_secs();
            now += i64::try_from(wait).expect("short");
            waits.push(wait);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
    }

    #[test]
    fn counting_begins_anew_after_a_quiet_day() {
        let worn = Tally { tries: 5_000, last_at: at(0), free_at: at(900) };
        let again = worn.count(Tries::Account, at(24 * 3_600)).expect("has waited");
        assert_eq!((again.tries, again.free_at), (1, at(24 * 3_600)));
        assert_eq!(worn.count(Tries::Account, at(900)).expect("has waited").tries, 5_001);
    }

    #[test]
    fn a_crowd_of_right_tries_waits_for_none_and_right_ones_do_not_clear_wrong_ones() {
        let crowd = Tally { tries: 101, last_at: at(0), free_at: at(1) };
        assert_eq!(crowd.take_off(Tries::Source), Tally { tries: 100, free_at: at(0), ..crowd });
        let abused = Tally { tries: 150, last_at: at(0), free_at: at(900) };
        assert_eq!(abused.take_off(Tries::Source), Tally { tries: 149, ..abused });
    }

    #[test]
    fn no_number_of_tries_overflows() {
        let worn = Tally { tries: i32::MAX, last_at: at(0), free_at: at(0) };
        assert_eq!(worn.count(Tries::Source, at(1)).expect("counts").tries, i32::MAX);
    }

    #[test]
    fn a_source_is_an_address_or_a_subscribers_network() {
        let read = |text| Source::read(Some(text)).map(|source| source.0);
        assert_eq!(read("192.0.2.7"), Some("192.0.2.7".into()));
        assert_eq!(read("::ffff:192.0.2.7"), Some("192.0.2.7".into()));
        assert_eq!(read("2001:db8:1:2:3::4"), read("2001:db8:1:2:ffff::1"));
        assert_ne!(read("2001:db8:1:2::1"), read("2001:db8:1:3::1"));
        assert_eq!(read("rubbish"), None);
        assert_eq!(Source::read(None), None);
    }
}
