//! A key for one purpose, derived from the master key: for tokens and codes that must be made again, not stored.

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;

use crate::aead::KeyBytes;

/// 256 bits that depend on the master key and the purpose; one purpose says nothing of another. Never printed.
#[derive(Clone)]
pub struct SubKey(KeyBytes);

impl SubKey {
    pub(crate) const fn of(key: KeyBytes) -> Self {
        Self(key)
    }

    /// The raw key, for another algorithm's constructor.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The token (43 characters, URL-safe) that stands for `subject`: HMAC-SHA256, the same at every call.
    #[must_use]
    pub fn token(&self, subject: &[u8]) -> SecretString {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.expose());
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, subject)).into()
    }
}

impl fmt::Debug for SubKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubKey(***)")
    }
}
