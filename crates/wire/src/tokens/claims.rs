//! What an access token says (RFC 9068), and whether it holds here and now.

use std::time::Duration;

use kernel::{SessionId, TenantId, Timestamp, UserId};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

/// The `typ` of an access token.
pub const ACCESS_TOKEN: &str = "at+jwt";
/// The longest life of an access token.
pub const LONGEST_ACCESS: Duration = Duration::from_secs(600);
/// How far the clocks of two machines may lie apart.
pub const LEEWAY: Duration = Duration::from_secs(10);

/// The claims of an access token. Any other claim refuses it, and so does one that stands twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessClaims {
    /// Who signed it: the address of the platform.
    pub iss: String,
    /// Whom it is for: the same.
    pub aud: String,
    /// The person.
    pub sub: UserId,
    /// The software that got it; `usher` for a person's own.
    pub client_id: String,
    /// When it was signed, in seconds since 1970.
    pub iat: i64,
    /// When it dies.
    pub exp: i64,
    /// Names the token.
    pub jti: String,
    /// The tenant it is of; absent on the platform's own scope.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub tid: Option<TenantId>,
    /// The session it ends with.
    pub sid: SessionId,
    /// Roles that held in the whole tenant when it was signed: for readers outside, we look anew at each use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// The permission epoch of the tenant when it was signed.
    pub epoch: i64,
    /// Permissions to which it is held, with spaces between; absent for all of the person's.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub scope: Option<String>,
    /// Who acts for the person (RFC 8693, section 4.1); absent where the person does.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub act: Option<ActorClaim>,
    /// The family of refresh tokens that it came with.
    #[serde(rename = "fam")]
    pub family: Uuid,
    /// Its generation there.
    #[serde(rename = "gen")]
    pub generation: i32,
}

/// Who acts for somebody, and through whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActorClaim {
    /// The person or service account.
    pub sub: UserId,
    /// The software that it acts with.
    pub client_id: String,
    /// Who acted before.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub act: Option<Box<ActorClaim>>,
}

impl ActorClaim {
    /// How many act one for the other.
    #[must_use]
    pub fn depth(&self) -> usize {
        1 + self.act.as_ref().map_or(0, |former| former.depth())
    }
}

/// Why claims do not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadClaims {
    /// Signed by, or for, somebody else.
    #[error("it is of or for somebody else")]
    Stranger,
    /// Dead, not born yet, or of a life that none of ours has.
    #[error("it is not its time")]
    Time,
}

impl AccessClaims {
    /// Whether they hold at `now` for the platform at `issuer`.
    ///
    /// # Errors
    /// [`BadClaims`].
    pub fn check(&self, issuer: &str, now: Timestamp) -> Result<(), BadClaims> {
        if self.iss != issuer || self.aud != issuer {
            return Err(BadClaims::Stranger);
        }
        let now = now.jiff().as_second();
        let leeway = i64::try_from(LEEWAY.as_secs()).unwrap_or_default();
        let longest = i64::try_from(LONGEST_ACCESS.as_secs()).unwrap_or_default();
        let life = self.exp.checked_sub(self.iat).ok_or(BadClaims::Time)?;
        let is_alive = now < self.exp && self.iat <= now.saturating_add(leeway);
        if is_alive && (1..=longest).contains(&life) { Ok(()) } else { Err(BadClaims::Time) }
    }

    /// How long it lives from `now` on.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Duration {
        let left = self.exp.saturating_sub(now.jiff().as_second());
        Duration::from_secs(u64::try_from(left).unwrap_or_default())
    }
}

/// A claim that stands there has a value: null is none.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}
