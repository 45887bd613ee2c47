//! Refresh tokens: what one looks like, and what becomes of one that is shown.

use std::{fmt, time::Duration};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{SessionId, TenantId, Timestamp, UserId};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use vault::SubKey;

/// Marks our refresh tokens, so that a leaked one is recognised by scanners.
const PREFIX: &str = "ur_";
/// Tenant, family, generation.
const NAMES: usize = 16 + 16 + 4;
/// HMAC-SHA256.
const PROOF: usize = 32;
/// A token that was replaced so lately is no theft but another tab, or an answer that was lost.
const OVERLAP: Duration = Duration::from_secs(10);
/// An answer that was lost is asked for again within this. Software that looks at signatures alone never tells us that a
/// token was used: longer, a stolen one could go unnoticed.
const LOST: Duration = Duration::from_secs(600);

/// The software that has a person's own tokens.
pub(crate) const OWN_CLIENT: &str = "usher";

/// A refresh token; never printed. Derived, so that the same one can be told again, and kept as a hash.
#[derive(Clone)]
pub(crate) struct RefreshToken {
    pub(crate) tenant: TenantId,
    pub(crate) family_id: Uuid,
    pub(crate) generation: i32,
    text: SecretString,
}

impl RefreshToken {
    /// The token of a generation under `key`.
    pub(crate) fn derive(key: &SubKey, tenant: TenantId, family_id: Uuid, generation: i32) -> Self {
        let names = names(tenant, family_id, generation);
        let proof = key.token(&names);
        let names = URL_SAFE_NO_PAD.encode(&names);
        let text = format!("{PREFIX}{names}{}", proof.expose_secret()).into();
        Self { tenant, family_id, generation, text }
    }

    /// Reads a presented token; `None` for what cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        if bytes.len() != NAMES + PROOF {
            return None;
        }
        let tenant = Uuid::from_slice(&bytes[..16]).ok()?.into();
        let family_id = Uuid::from_slice(&bytes[16..32]).ok()?;
        let generation = i32::from_be_bytes(bytes[32..36].try_into().ok()?);
        (generation >= 0).then(|| Self { tenant, family_id, generation, text: text.into() })
    }

    /// Whether one of `keys` made it.
    pub(crate) fn is_genuine(&self, mut keys: impl Iterator<Item = SubKey>) -> bool {
        keys.any(|key| {
            let ours = Self::derive(&key, self.tenant, self.family_id, self.generation);
            let (ours, theirs) = (ours.expose().as_bytes(), self.expose().as_bytes());
            verify_slices_are_equal(ours, theirs).is_ok()
        })
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> Vec<u8> {
        digest(&SHA256, self.expose().as_bytes()).as_ref().into()
    }

    pub(crate) fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(***)")
    }
}

/// 36 bytes are 48 characters of base64 without a rest, so the proof may be appended as text.
fn names(tenant: TenantId, family_id: Uuid, generation: i32) -> Vec<u8> {
    [tenant.uuid().as_bytes() as &[u8], family_id.as_bytes(), &generation.to_be_bytes()].concat()
}

kernel::closed_set! {
    /// Why a family ended before its time.
    pub(crate) enum FamilyEnd {
        /// By whoever has it.
        Revoked = "revoked",
        /// A former token was shown after its successor was used.
        Reused = "reused",
    }
}

/// A line of refresh tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenFamily {
    pub(crate) family_id: Uuid,
    pub(crate) user_id: UserId,
    pub(crate) session_id: SessionId,
    pub(crate) client_id: String,
    /// Permissions to which its access tokens are held, with spaces between; `None` for all of the person's.
    pub(crate) scope: Option<String>,
    pub(crate) generation: i32,
    pub(crate) token_hash: Vec<u8>,
    pub(crate) former_hash: Option<Vec<u8>>,
    pub(crate) turned_at: Timestamp,
    /// Whether an access token of this generation was shown.
    pub(crate) used: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
}

/// What becomes of a genuine token that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It counts: the next generation begins.
    Next,
    /// It was replaced, and nobody else can be told to have its successor: the same answer again.
    Again,
    /// It was replaced, and its successor is in use: somebody has what is not theirs.
    Reused,
    /// The family has ended.
    Over,
}

impl TokenFamily {
    /// What becomes of the token of `generation`, shown at `now`.
    ///
    /// The rule is about use: a successor that was never shown, neither itself nor an access token that came with it, was
    /// lost on its way, for as long as somebody would still ask for it. A few seconds are granted beside, since of two tabs that ask at once one may use its answer before
    /// the other asks.
    pub(crate) fn turn(&self, generation: i32, now: Timestamp) -> Turn {
        if self.ended_at.is_some() || self.expires_at <= now {
            return Turn::Over;
        }
        if generation >= self.generation {
            return Turn::Next;
        }
        let is_former = generation + 1 == self.generation;
        let age = now.since(self.turned_at);
        if is_former && (age < OVERLAP || (!self.used && age < LOST)) {
            Turn::Again
        } else {
            Turn::Reused
        }
    }

    /// The family held to what of its scope is `asked` for, or as it is where that is empty; `None` for more than it has.
    pub(crate) fn narrowed(self, asked: &str) -> Option<Self> {
        let asked: Vec<&str> = asked.split(' ').filter(|word| !word.is_empty()).collect();
        if asked.is_empty() {
            return Some(self);
        }
        let held: Vec<&str> = self.scope.as_deref().unwrap_or_default().split(' ').collect();
        if !asked.iter().all(|word| held.contains(word)) {
            return None;
        }
        let within: Vec<&str> = held.into_iter().filter(|word| asked.contains(word)).collect();
        let scope = Some(within.join(" "));
        Some(Self { scope, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        jiff::Timestamp::from_second(seconds).expect("a second").into()
    }

    fn family(generation: i32, used: bool) -> TokenFamily {
        TokenFamily {
            family_id: Uuid::nil(),
            user_id: Uuid::nil().into(),
            session_id: Uuid::nil().into(),
            client_id: OWN_CLIENT.into(),
            scope: None,
            generation,
            token_hash: vec![0; 32],
            former_hash: None,
            turned_at: at(1_000),
            used,
            created_at: at(0),
            expires_at: at(100_000),
            ended_at: None,
        }
    }

    #[test]
    fn a_replaced_token_is_answered_again_while_its_successor_was_not_used() {
        assert_eq!(family(5, false).turn(5, at(2_000)), Turn::Next);
        assert_eq!(family(5, false).turn(4, at(1_599)), Turn::Again, "an answer that was lost");
        assert_eq!(family(5, false).turn(4, at(1_600)), Turn::Reused, "nobody asks so late");
        assert_eq!(family(5, true).turn(4, at(1_009)), Turn::Again, "another tab");
        assert_eq!(family(5, true).turn(4, at(1_010)), Turn::Reused);
        assert_eq!(family(5, false).turn(3, at(1_001)), Turn::Reused, "its successor was used");
        assert_eq!(family(5, false).turn(5, at(100_000)), Turn::Over);
        let ended = TokenFamily { ended_at: Some(at(1)), ..family(5, false) };
        assert_eq!(ended.turn(5, at(2)), Turn::Over);
    }

    #[test]
    fn less_of_a_scope_is_given_in_any_order_and_more_is_not() {
        let held = TokenFamily { scope: Some("a b c".into()), ..family(0, false) };
        for (asked, given) in [("", "a b c"), ("c a", "a c"), (" b  b ", "b")] {
            let narrowed = held.clone().narrowed(asked).expect("within");
            assert_eq!(narrowed.scope.as_deref(), Some(given), "{asked:?}");
        }
        assert!(held.narrowed("a d").is_none());
        assert!(family(0, false).narrowed("a").is_none(), "a person's own has no scope");
    }

    #[test]
    fn a_token_reads_back_is_proven_and_does_not_print() {
        let master = vault::MasterKey::parse(&vault::MasterKey::draw().expect("drawn"));
        let keyring = vault::Keyring { current: master.expect("a key"), older: Vec::new() };
        let key = vault::Vault::new(keyring).derive("test");
        let token = RefreshToken::derive(&key, Uuid::max().into(), Uuid::max(), 7);
        assert_eq!(token.expose().len(), 3 + 48 + 43);
        let read = RefreshToken::parse(token.expose()).expect("reads back");
        assert_eq!((read.tenant, read.family_id, read.generation), (token.tenant, Uuid::max(), 7));
        assert!(read.is_genuine([key.clone()].into_iter()));
        assert_eq!(format!("{token:?}"), "RefreshToken(***)");
        let next = RefreshToken::derive(&key, Uuid::max().into(), Uuid::max(), 8);
        let spliced = format!("{}{}", &next.expose()[..51], &token.expose()[51..]);
        let spliced = RefreshToken::parse(&spliced).expect("looks like one");
        assert!(!spliced.is_genuine([key].into_iter()));
        for bad in ["", "ur_", "us_AAAA", &token.expose()[3..], &format!("{}=", token.expose())] {
            assert!(RefreshToken::parse(bad).is_none(), "{bad}");
        }
    }
}
