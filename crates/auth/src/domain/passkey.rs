//! A passkey, and the ceremonies that make and use one (Web Authentication Level 3).

use std::{fmt, time::Duration};

use kernel::{Email, SessionId, Timestamp, UserId};
use uuid::Uuid;

/// The most passkeys of one person.
pub(crate) const MOST_PASSKEYS: usize = 20;
/// How long a challenge may be answered.
pub(crate) const CEREMONY: Duration = Duration::from_secs(5 * 60);
/// Characters of a name.
const LONGEST_NAME: usize = 64;

/// Names a passkey; random, so that one id tells nothing about another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PasskeyId(Uuid);

/// A text that names no passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a valid passkey id (expected a UUID)")]
pub(crate) struct NoPasskeyId;

impl PasskeyId {
    /// Reads an id from outside text; only the hyphenated lower-case form is one spelling of an id.
    pub(crate) fn parse(text: &str) -> Result<Self, NoPasskeyId> {
        let id = Uuid::try_parse(text).map_err(|_| NoPasskeyId)?;
        if id.hyphenated().to_string() == text { Ok(Self(id)) } else { Err(NoPasskeyId) }
    }

    pub(crate) const fn uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for PasskeyId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for PasskeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// What a person calls a passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PasskeyName(String);

/// A text that is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 characters, without line breaks")]
pub(crate) struct NoName;

impl PasskeyName {
    /// Reads what was typed.
    pub(crate) fn parse(text: &str) -> Result<Self, NoName> {
        let plain = text.trim();
        let fits = (1..=LONGEST_NAME).contains(&plain.chars().count());
        let shows = !plain.chars().any(char::is_control);
        if fits && shows { Ok(Self(plain.into())) } else { Err(NoName) }
    }

    /// The name of a passkey whose person gave it none: the device in words.
    pub(crate) fn of_device(device: &str) -> Self {
        Self::parse(device).unwrap_or_else(|_| Self("Passkey".into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A passkey as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passkey {
    pub(crate) passkey_id: PasskeyId,
    pub(crate) name: String,
    pub(crate) created_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
    /// Since when it is asked for beside a password.
    pub(crate) guards_since: Option<Timestamp>,
}

kernel::closed_set! {
    /// What a challenge was given out for.
    pub(crate) enum CeremonyKind {
        /// A new passkey of somebody who is signed in.
        Add = "add",
        /// The first passkey of somebody who is about to come in.
        Stage = "stage",
        /// Signing in by whatever passkey there is.
        SignIn = "sign_in",
        /// The second factor of a sign-in that waits.
        Confirm = "confirm",
        /// A fresh proof.
        StepUp = "step_up",
    }
}

/// A challenge that was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ceremony {
    pub(crate) kind: CeremonyKind,
    /// Nobody where whoever has a passkey may come.
    pub(crate) user_id: Option<UserId>,
    /// The session that asked, or that waits for the second factor.
    pub(crate) session_id: Option<SessionId>,
    /// The address that a staged passkey is to sign in.
    pub(crate) email: Option<Email>,
    /// The challenge and what was asked beside it, as the library keeps it.
    pub(crate) state: String,
    pub(crate) expires_at: Timestamp,
}

impl Ceremony {
    /// Whether it may be answered at `now` for this, by this person and in this session.
    pub(crate) fn is_for(
        &self,
        kind: CeremonyKind,
        user_id: Option<UserId>,
        session_id: Option<SessionId>,
        now: Timestamp,
    ) -> bool {
        self.kind == kind
            && self.user_id == user_id
            && self.session_id == session_id
            && now < self.expires_at
    }
}

/// What stays when one of a person's passkeys goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remaining {
    /// Other passkeys.
    pub(crate) passkeys: usize,
    /// Other passkeys that are asked for beside a password.
    pub(crate) guarding: usize,
    pub(crate) has_app: bool,
    pub(crate) has_password: bool,
    /// Whether the password may only be used with a second factor.
    pub(crate) has_short_password: bool,
}

/// What becomes of the account when a passkey goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    /// There is a second factor still, or there never was one.
    Plain,
    /// It was the last second factor: the recovery codes go as well.
    LastFactor,
    /// It is the only way in, and stays.
    OnlyWayIn,
    /// The password needs it, and it stays.
    PasswordNeedsIt,
}

/// Decides over the removal of a passkey that is asked for beside a password, or is not.
pub(crate) fn removal(guards: bool, remaining: Remaining) -> Removal {
    if !remaining.has_password && remaining.passkeys == 0 {
        Removal::OnlyWayIn
    } else if !guards || remaining.has_app || remaining.guarding > 0 {
        Removal::Plain
    } else if remaining.has_short_password {
        Removal::PasswordNeedsIt
    } else {
        Removal::LastFactor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(PasskeyName::parse("  My phone ").expect("a name").as_str(), "My phone");
        for bad in ["", "   ", "two\nlines", "nul\0", &"x".repeat(65)] {
            assert!(PasskeyName::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(PasskeyName::of_device("").as_str(), "Passkey");
    }

    #[test]
    fn a_challenge_is_for_one_purpose_person_and_session_and_a_short_time() {
        let at = |s| Timestamp::from(jiff::Timestamp::from_second(s).expect("a second"));
        let id = |n| Uuid::from_u128(n);
        let (ann, bob) = (Some(UserId::from(id(1))), Some(UserId::from(id(2))));
        let (here, there) = (Some(SessionId::from(id(3))), Some(SessionId::from(id(4))));
        let ceremony = Ceremony {
            kind: CeremonyKind::Add,
            user_id: ann,
            session_id: here,
            email: None,
            state: String::new(),
            expires_at: at(300),
        };
        assert!(ceremony.is_for(CeremonyKind::Add, ann, here, at(299)));
        assert!(!ceremony.is_for(CeremonyKind::Add, ann, here, at(300)));
        assert!(!ceremony.is_for(CeremonyKind::StepUp, ann, here, at(0)));
        assert!(!ceremony.is_for(CeremonyKind::Add, bob, here, at(0)));
        assert!(!ceremony.is_for(CeremonyKind::Add, ann, there, at(0)));
        assert!(!ceremony.is_for(CeremonyKind::Add, ann, None, at(0)));
    }

    #[test]
    fn the_last_way_in_and_what_a_short_password_needs_stay() {
        let none = Remaining {
            passkeys: 0,
            guarding: 0,
            has_app: false,
            has_password: true,
            has_short_password: false,
        };
        assert_eq!(removal(true, none), Removal::LastFactor);
        assert_eq!(removal(false, none), Removal::Plain);
        assert_eq!(removal(true, Remaining { has_app: true, ..none }), Removal::Plain);
        assert_eq!(removal(true, Remaining { passkeys: 1, guarding: 1, ..none }), Removal::Plain);
        assert_eq!(removal(true, Remaining { passkeys: 1, ..none }), Removal::LastFactor);
        let short = Remaining { has_short_password: true, ..none };
        assert_eq!(removal(true, short), Removal::PasswordNeedsIt);
        assert_eq!(removal(true, Remaining { has_app: true, ..short }), Removal::Plain);
        let passkeys_alone = Remaining { has_password: false, ..none };
        assert_eq!(removal(true, passkeys_alone), Removal::OnlyWayIn);
        assert_eq!(
            removal(false, Remaining { has_app: true, ..passkeys_alone }),
            Removal::OnlyWayIn
        );
        assert_eq!(removal(false, Remaining { passkeys: 1, ..passkeys_alone }), Removal::Plain);
    }
}
