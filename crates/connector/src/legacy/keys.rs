//! Which key opens what, and in which header it travels.

use outbound::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::BadSetup;

kernel::closed_set! {
    /// The header that a key travels in.
    pub enum KeyHeader {
        /// `X-Api-Key: <key>`.
        XApiKey = "x-api-key",
        /// `Authorization: Bearer <key>`.
        Bearer = "bearer",
    }
}

kernel::closed_set! {
    /// What an operation belongs to: the backend lets a key open some of these only.
    pub(super) enum Realm {
        /// `/admin/*`
        Admin = "admin",
        /// `/ss/*`
        Data = "data",
    }
}

/// The keys of one backend.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Opens whatever has no key of its own.
    pub any: SecretString,
    /// Opens `/admin/*` in its place.
    pub admin: Option<SecretString>,
    /// Opens `/ss/*` in its place.
    pub data: Option<SecretString>,
    /// How they travel.
    pub header: KeyHeader,
}

impl Keys {
    pub(super) fn of(&self, realm: Realm) -> &SecretString {
        let own = match realm {
            Realm::Admin => &self.admin,
            Realm::Data => &self.data,
        };
        own.as_ref().unwrap_or(&self.any)
    }

    /// Every key once.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        [Some(&self.any), self.admin.as_ref(), self.data.as_ref()]
            .into_iter()
            .flatten()
            .map(ExposeSecret::expose_secret)
    }

    /// The header that opens the realm.
    pub(super) fn header(&self, realm: Realm) -> Result<(HeaderName, HeaderValue), BadSetup> {
        let key = self.of(realm).expose_secret();
        let (name, text) = match self.header {
            KeyHeader::XApiKey => (HeaderName::from_static("x-api-key"), key.to_owned()),
            KeyHeader::Bearer => (AUTHORIZATION, format!("Bearer {key}")),
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| BadSetup::Key(realm.as_str()))?;
        value.set_sensitive(true);
        Ok((name, value))
    }
}
