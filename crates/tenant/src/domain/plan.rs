//! Plans, and what a tenant may have.

use std::{collections::BTreeMap, fmt};

use kernel::Timestamp;

kernel::closed_set! {
    /// What there may be only so much of.
    pub enum Resource {
        /// Active members and open invitations; the user service counts them.
        Users = "users",
        /// Invitations of a day.
        InvitesDaily = "invites_daily",
        /// Requests to the API in a second; the gateway counts them.
        RequestsPerSecond = "requests_per_second",
        /// Bytes that are stored.
        StorageBytes = "storage_bytes",
        /// Courses that are there.
        Courses = "courses",
        /// Backups of a month.
        BackupsMonthly = "backups_monthly",
    }
}

/// The plan of tenants that are given none: it has no limits.
const DEFAULT: &str = "open";

/// Most of each resource; of one that is missing there may be any number.
pub(crate) type Limits = BTreeMap<Resource, i64>;

/// The word of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlanName(String);

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) plan: PlanName,
    pub(crate) title: String,
    pub(crate) limits: Limits,
    pub(crate) retired_at: Option<Timestamp>,
}

impl PlanName {
    /// Reads the word of a plan; an empty one is the plan without limits.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        Self::named(if text.is_empty() { DEFAULT } else { text })
    }

    /// Reads the word of a plan.
    pub(crate) fn named(text: &str) -> Result<Self, &'static str> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
        if begins && (2..=39).contains(&text.len()) && text.bytes().all(plain) {
            return Ok(Self(text.into()));
        }
        Err("must have 2 to 39 of a-z, 0-9 and -, beginning with a letter")
    }

    /// Whether tenants come to it unless told.
    pub(crate) fn is_default(&self) -> bool {
        self.0 == DEFAULT
    }

    /// The word.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlanName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Resource {
    /// Reads the word of a resource.
    pub(crate) fn read(word: &str) -> Result<Self, String> {
        Self::parse(word).ok_or_else(|| {
            let words: Vec<_> = Self::ALL.iter().map(|one| one.as_str()).collect();
            format!("is none of {}", words.join(", "))
        })
    }
}

/// Reads limits, each resource once.
pub(crate) fn limits<'a>(told: impl IntoIterator<Item = (&'a str, i64)>) -> Result<Limits, String> {
    let mut limits = Limits::new();
    for (word, most) in told {
        let resource = Resource::read(word).map_err(|problem| format!("{word:?} {problem}"))?;
        if limits.insert(resource, self::most(most)?).is_some() {
            return Err(format!("holds {resource} twice"));
        }
    }
    Ok(limits)
}

/// Reads a limit.
pub(crate) fn most(number: i64) -> Result<i64, &'static str> {
    if number > 0 { Ok(number) } else { Err("must be 1 or more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_have_words() {
        assert_eq!(PlanName::parse("").expect("the plan without limits").as_str(), "open");
        assert_eq!(PlanName::parse("team-2").expect("a word").as_str(), "team-2");
        for bad in ["a", "Team", "2team", "team plan", "team_2", &"a".repeat(40)] {
            assert!(PlanName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn each_resource_is_limited_once_and_to_something() {
        let read = limits([("users", 10), ("courses", 2)]).expect("limits");
        assert_eq!(read, Limits::from([(Resource::Users, 10), (Resource::Courses, 2)]));
        for bad in [vec![("users", 0)], vec![("users", 1), ("users", 2)], vec![("people", 1)]] {
            assert!(limits(bad.clone()).is_err(), "{bad:?}");
        }
    }
}
