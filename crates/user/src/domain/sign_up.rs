//! Coming in without an invitation, and how much of it there may be.

use std::{net::IpAddr, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use kernel::{Email, TenantId, Timestamp};
use uuid::Uuid;

use crate::domain::SignUpRefusal;

/// How often what does not fit may be given.
pub(crate) const MOST_WRONG: i16 = 5;
/// How long a letter works.
const LIFE: Duration = Duration::from_secs(60 * 60);
/// For how long askings are counted together.
pub(crate) const WINDOW: Duration = Duration::from_secs(60 * 60);

kernel::closed_set! {
    /// How a tenant lets strangers in.
    pub(crate) enum SignUpMode {
        /// By invitation alone.
        InviteOnly = "invite_only",
        /// Whoever has an address may sign up.
        SelfServe = "self_serve",
    }
}

kernel::closed_set! {
    /// Which letter a stranger gets.
    pub(crate) enum SignUpKind {
        /// The one that finishes the sign-up.
        New = "new",
        /// The one that says that there is an account.
        Known = "known",
    }
}

kernel::closed_set! {
    /// By what askings are counted.
    pub(crate) enum SignUpTally {
        /// Where they come from.
        Source = "source",
        /// Whom the letters go to.
        Recipient = "recipient",
        /// Whom they want in to.
        Tenant = "tenant",
    }
}

impl SignUpTally {
    /// How many there may be within [`WINDOW`].
    pub(crate) const fn most(self) -> i32 {
        match self {
            // Many people may stand behind one address.
            Self::Source => 20,
            Self::Recipient => 3,
            // Protects the sender's name: a tenant whom a crowd comes to invites them.
            Self::Tenant => 500,
        }
    }
}

/// How a tenant lets strangers in, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignUpPolicy {
    pub(crate) mode: SignUpMode,
    /// The role that they get.
    pub(crate) role: String,
    /// Who answers for the role.
    pub(crate) set_by: String,
    pub(crate) set_at: Timestamp,
}

impl SignUpPolicy {
    /// Refuses where strangers come by invitation alone.
    pub(crate) fn open(held: Option<Self>) -> Result<Self, SignUpRefusal> {
        held.filter(|policy| policy.mode == SignUpMode::SelfServe).ok_or(SignUpRefusal::Closed)
    }
}

/// Somebody who asked to sign up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignUp {
    pub(crate) sign_up_id: Uuid,
    /// None where nobody was written to.
    pub(crate) kind: Option<SignUpKind>,
    pub(crate) email: Email,
    pub(crate) tries: i16,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) used_at: Option<Timestamp>,
}

impl SignUp {
    /// One that is asked for at `now`.
    pub(crate) fn asked(
        sign_up_id: Uuid,
        kind: Option<SignUpKind>,
        email: Email,
        now: Timestamp,
    ) -> Self {
        let expires_at = now.after(LIFE);
        Self { sign_up_id, kind, email, tries: 0, created_at: now, expires_at, used_at: None }
    }

    /// Whether its letter finishes it at `now`.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && self.tries < MOST_WRONG && now < self.expires_at
    }
}

/// What a tally is kept under: a digest, so that the table names nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TallySubject(Vec<u8>);

impl TallySubject {
    /// Where somebody asks from: an address, or the network of 2^64 addresses that one subscriber has (IPv6).
    pub(crate) fn source(address: Option<&str>) -> Option<Self> {
        let address: IpAddr = address?.parse().ok()?;
        Some(Self::of(&match address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }))
    }

    /// Whom a letter goes to, in whatever tenant.
    pub(crate) fn recipient(email: &Email) -> Self {
        Self::of(email.as_str())
    }

    /// Whom they want in to.
    pub(crate) fn tenant(tenant: TenantId) -> Self {
        Self::of(&tenant.to_string())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
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

    #[test]
    fn a_sign_up_closes_by_use_by_tries_and_by_its_date() {
        let email = Email::parse("ann@example.com").expect("an address");
        let asked = SignUp::asked(Uuid::nil(), Some(SignUpKind::New), email, at(0));
        assert!(asked.is_open(at(3_599)) && !asked.is_open(at(3_600)));
        assert!(!SignUp { tries: 5, ..asked.clone() }.is_open(at(1)));
        assert!(!SignUp { used_at: Some(at(1)), ..asked }.is_open(at(2)));
    }

    #[test]
    fn without_a_word_of_the_tenant_strangers_come_by_invitation_alone() {
        let policy = |mode| SignUpPolicy {
            mode,
            role: "client".into(),
            set_by: "user:1".into(),
            set_at: at(0),
        };
        assert_eq!(SignUpPolicy::open(None), Err(SignUpRefusal::Closed));
        let shut = SignUpPolicy::open(Some(policy(SignUpMode::InviteOnly)));
        assert_eq!(shut, Err(SignUpRefusal::Closed));
        assert!(SignUpPolicy::open(Some(policy(SignUpMode::SelfServe))).is_ok());
    }

    #[test]
    fn a_source_is_an_address_or_a_subscribers_network() {
        let source = |text| TallySubject::source(Some(text));
        assert_eq!(source("2001:db8:1:2:3::4"), source("2001:db8:1:2:ffff::1"));
        assert_eq!(source("::ffff:192.0.2.7"), source("192.0.2.7"));
        assert_ne!(source("192.0.2.7"), source("192.0.2.8"));
        assert_eq!((source("rubbish"), TallySubject::source(None)), (None, None));
    }
}
