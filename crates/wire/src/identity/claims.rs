//! What the tokens say.

use kernel::Credential;
use serde::{Deserialize, Serialize};

/// A service's own claim: `iss` is the service, `aud` the callee.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServiceClaims {
    /// The calling service.
    pub iss: String,
    /// The service it calls.
    pub aud: String,
    /// End of life, seconds since 1970.
    pub exp: u64,
}

/// The person behind a call, vouched for by the gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PassportClaims {
    /// Always [`GATEWAY`](super::GATEWAY).
    pub iss: String,
    /// Always `passport`.
    pub aud: String,
    /// End of life, seconds since 1970.
    pub exp: u64,
    /// The person.
    pub sub: String,
    /// The session in use.
    pub sid: String,
    /// The tenant of the call; absent on the platform's own scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tid: Option<String>,
    /// Effective permissions.
    pub perms: Vec<String>,
    /// Permission epoch these were read at.
    pub epoch: i64,
    /// Master flag: denies all.
    #[serde(default)]
    pub suspended: bool,
    /// Master flag: skips role look-up, audited.
    #[serde(default)]
    pub system_admin: bool,
    /// What the person showed.
    #[serde(default)]
    pub credential: Credential,
    /// Whether the person is held to the tenant of the call, whose word alone says who they are.
    #[serde(default)]
    pub of_tenant: bool,
}
