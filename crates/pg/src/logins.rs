//! One login role per service: its name and its password.

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};

/// Schema and login role of a service, for instance `usher_user`.
pub(crate) fn role(service: &str) -> String {
    format!("usher_{service}")
}

/// The role that works across tenants, taken on for one transaction with a reason.
pub(crate) fn platform_role(service: &str) -> String {
    format!("usher_{service}_platform")
}

/// A role's password, derived so that no second secret has to be handed around:
/// HMAC-SHA256 of the role's name under the platform's login secret.
pub(crate) fn password(secret: &SecretString, role: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    hex::encode(hmac::sign(&key, format!("postgresql login {role}").as_bytes()))
}
