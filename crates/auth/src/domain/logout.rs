//! What apps are told of sessions that ended (OpenID Back-Channel Logout 1.0, section 2.4).

use std::collections::BTreeMap;

use kernel::{SessionId, UserId};
use serde::Serialize;

/// The `typ` of a logout token, so that it passes for no other.
pub(crate) const LOGOUT_TOKEN: &str = "logout+jwt";
/// What has happened.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The claims of a logout token; never a nonce, which an ID token alone has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LogoutClaims {
    pub(crate) iss: String,
    pub(crate) sub: UserId,
    /// The app's public name.
    pub(crate) aud: String,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    pub(crate) jti: String,
    pub(crate) sid: SessionId,
    pub(crate) events: BTreeMap<&'static str, BTreeMap<String, String>>,
}

impl LogoutClaims {
    /// That a session has ended.
    pub(crate) fn events() -> BTreeMap<&'static str, BTreeMap<String, String>> {
        BTreeMap::from([(EVENT, BTreeMap::new())])
    }
}
