//! The rate classes that a method's rule may name.

use crate::Config;

/// A class of requests with a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// Sign-in.
    Login,
    /// Inviting people, which sends mail.
    Invite,
    /// Opening and accepting invitations.
    Accept,
    /// Other changes.
    Write,
    /// Reads.
    Read,
}

impl Class {
    pub(crate) const ALL: [Self; 5] =
        [Self::Login, Self::Invite, Self::Accept, Self::Write, Self::Read];

    /// The class that a rule names; `read` unless told. `None` for a word that is no class.
    pub(crate) fn named(word: &str) -> Option<Self> {
        let word = if word.is_empty() { "read" } else { word };
        Self::ALL.into_iter().find(|class| class.word() == word)
    }

    /// The word in rules and policy names.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Invite => "invite",
            Self::Accept => "accept",
            Self::Write => "write",
            Self::Read => "read",
        }
    }

    /// Requests a minute; 0 for as many as come.
    pub(crate) const fn per_minute(self, config: &Config) -> u32 {
        match self {
            Self::Login => config.limit_login,
            Self::Invite => config.limit_invite,
            Self::Accept => config.limit_accept,
            Self::Write => config.limit_write,
            Self::Read => config.limit_read,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_contract_names_a_class() {
        for method in wire::rules::methods() {
            let rule = wire::rules::of(&wire::rules::path(&method)).expect("rule");
            assert!(Class::named(&rule.rate).is_some(), "{}: {}", method.full_name(), rule.rate);
        }
    }
}
