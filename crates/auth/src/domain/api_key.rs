//! API keys: what a secret looks like, what a key is held to, and whether it is good.

use std::{fmt, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use kernel::{TenantId, Timestamp, UserId};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use wire::tokens::{api_key, api_key_tenant};

/// Use is noted at most this often.
const NOTED_EVERY: Duration = Duration::from_secs(3_600);
/// Scopes of one key.
const MOST_SCOPES: usize = 100;
/// The longest time for which a former secret goes on.
const LONGEST_OVERLAP: u64 = 7 * 24 * 60;

/// What the software shows; never printed. It holds its tenant's id, and a checksum that tells a typo, or a text that
/// only looks like a key, without a question.
#[derive(Clone)]
pub(crate) struct KeySecret {
    pub(crate) tenant: TenantId,
    text: SecretString,
}

impl KeySecret {
    /// A secret of random bytes.
    pub(crate) fn of(tenant: TenantId, random: &[u8; 32]) -> Self {
        Self { tenant, text: api_key(tenant, random) }
    }

    /// Reads a presented secret; `None` for what cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let tenant = api_key_tenant(text)?;
        Some(Self { tenant, text: text.into() })
    }

    /// What is kept of it. It is random, so a plain digest cannot be searched.
    pub(crate) fn hash(&self) -> Vec<u8> {
        digest(&SHA256, self.expose().as_bytes()).as_ref().into()
    }

    /// Its last characters, for people to tell keys apart.
    pub(crate) fn hint(&self) -> String {
        let text = self.expose();
        text[text.len() - 4..].to_owned()
    }

    pub(crate) fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(***)")
    }
}

kernel::closed_set! {
    /// Whose key it is.
    pub(crate) enum KeySubject {
        /// A person's.
        Person = "person",
        /// A service account's.
        ServiceAccount = "service_account",
    }
}

/// A key without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiKey {
    pub(crate) api_key_id: Uuid,
    pub(crate) name: String,
    pub(crate) subject_type: KeySubject,
    /// The person, or the service account under the same kind of id.
    pub(crate) subject_id: UserId,
    pub(crate) hint: String,
    pub(crate) scopes: Vec<String>,
    /// 0 for no limit of its own.
    pub(crate) requests_per_minute: i32,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) last_used_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it is good at `now`.
    pub(crate) fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }

    /// Whether this use is worth a write.
    pub(crate) fn notes_use(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|last| now.since(last) >= NOTED_EVERY)
    }

    /// Whether it allows nothing beyond `held`, whatever its owner is ever given; without scopes nobody can tell.
    pub(crate) fn is_within(&self, held: impl Fn(&str) -> bool) -> bool {
        !self.scopes.is_empty() && self.scopes.iter().all(|scope| held(scope))
    }
}

/// Why a key cannot be made so; prints as a sentence part that follows the field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKeyWish {
    /// Empty, too long, or with control characters.
    #[error("must be 1 to 120 characters")]
    Name,
    /// Too many, or none of the contract's.
    #[error("must be at most 100 permissions of the contract, each once")]
    Scopes,
    /// None where some are needed.
    #[error("must name at least one permission for a service account")]
    NoScopes,
    /// Below zero or too many.
    #[error("must be 0 to 1,000,000")]
    Pace,
    /// Not in the future.
    #[error("must be in the future")]
    Expiry,
    /// Below zero or too long.
    #[error("must be 0 to 10,080")]
    Overlap,
}

/// The name of a key.
///
/// # Errors
/// [`BadKeyWish::Name`].
pub(crate) fn key_name(text: &str) -> Result<String, BadKeyWish> {
    let name = text.trim();
    let is_sound = (1..=120).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if is_sound { Ok(name.to_owned()) } else { Err(BadKeyWish::Name) }
}

/// The scopes of a key, sorted; `knows` says what the contract asks for.
///
/// # Errors
/// [`BadKeyWish::Scopes`].
pub(crate) fn key_scopes(
    mut scopes: Vec<String>,
    knows: impl Fn(&str) -> bool,
) -> Result<Vec<String>, BadKeyWish> {
    scopes.sort();
    let is_twice = scopes.windows(2).any(|pair| pair[0] == pair[1]);
    if is_twice || scopes.len() > MOST_SCOPES || !scopes.iter().all(|scope| knows(scope)) {
        return Err(BadKeyWish::Scopes);
    }
    Ok(scopes)
}

/// Requests a minute.
///
/// # Errors
/// [`BadKeyWish::Pace`].
pub(crate) fn key_pace(requests: i32) -> Result<i32, BadKeyWish> {
    if (0..=1_000_000).contains(&requests) { Ok(requests) } else { Err(BadKeyWish::Pace) }
}

/// For how long a former secret goes on.
///
/// # Errors
/// [`BadKeyWish::Overlap`].
pub(crate) fn key_overlap(minutes: i32) -> Result<Duration, BadKeyWish> {
    let minutes = u64::try_from(minutes).map_err(|_| BadKeyWish::Overlap)?;
    if minutes > LONGEST_OVERLAP {
        return Err(BadKeyWish::Overlap);
    }
    Ok(Duration::from_secs(minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_reads_back_names_its_tenant_and_does_not_print() {
        let secret = KeySecret::of(Uuid::max().into(), &[7; 32]);
        assert_eq!(secret.expose().len(), 3 + 64 + 1 + 6);
        let read = KeySecret::parse(secret.expose()).expect("reads back");
        assert_eq!((read.tenant, read.hash()), (secret.tenant, secret.hash()));
        assert_eq!(format!("{secret:?}"), "KeySecret(***)");
        assert!(secret.expose().ends_with(&secret.hint()));
    }

    #[test]
    fn any_byte_changed_is_told_by_the_checksum() {
        let secret = KeySecret::of(Uuid::max().into(), &[7; 32]);
        let text = secret.expose();
        for place in 0..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).expect("ASCII");
            assert!(KeySecret::parse(&changed).is_none(), "{place}");
        }
        for bad in ["", "uk_", "uk_A", &text[..text.len() - 1], &format!("{text}A"), "uk_é"] {
            assert!(KeySecret::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_key_is_measured_by_its_scopes_and_without_any_by_nothing() {
        let instant = jiff::Timestamp::UNIX_EPOCH.into();
        let key = |scopes: &[&str]| ApiKey {
            api_key_id: Uuid::nil(),
            name: "Robot".into(),
            subject_type: KeySubject::ServiceAccount,
            subject_id: Uuid::nil().into(),
            hint: "abcd".into(),
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            requests_per_minute: 0,
            created_at: instant,
            created_by: String::new(),
            expires_at: None,
            last_used_at: None,
            revoked_at: None,
        };
        let held = |scope: &str| scope == "a.a";
        assert!(key(&["a.a"]).is_within(held));
        assert!(!key(&["a.a", "a.b"]).is_within(held));
        assert!(!key(&[]).is_within(|_| true), "its owner may be given anything later");
    }

    #[test]
    fn what_a_key_may_be_has_bounds() {
        let knows = |scope: &str| scope.starts_with("a.");
        assert_eq!(key_scopes(vec!["a.b".into(), "a.a".into()], knows).expect("sorted")[0], "a.a");
        for bad in
            [vec!["b.a".to_owned()], vec!["a.a".into(), "a.a".into()], vec!["a.b".into(); 101]]
        {
            assert_eq!(key_scopes(bad, knows), Err(BadKeyWish::Scopes));
        }
        for bad in ["", "  ", "a\nb", &"a".repeat(121)] {
            assert_eq!(key_name(bad), Err(BadKeyWish::Name), "{bad:?}");
        }
        assert!(key_pace(-1).is_err() && key_pace(1_000_001).is_err() && key_pace(0).is_ok());
        assert!(key_overlap(-1).is_err() && key_overlap(10_081).is_err());
        assert_eq!(key_overlap(2), Ok(Duration::from_secs(120)));
    }
}
