//! What our own ID tokens say (OpenID Connect Core, section 2).

use kernel::{SessionId, UserId};
use serde::{Deserialize, Serialize};

/// The `typ` of an ID token.
pub(crate) const ID_TOKEN: &str = "JWT";

/// The claims. Any other claim, and one that stands twice, is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnIdClaims {
    pub(crate) iss: String,
    pub(crate) sub: UserId,
    /// The app's public name.
    pub(crate) aud: String,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    pub(crate) auth_time: i64,
    /// The session that it ends with.
    pub(crate) sid: SessionId,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) nonce: String,
}
