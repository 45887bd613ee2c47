//! The provider in the hands of a test.

use std::sync::{Arc, PoisonError};

use serde_json::Value;

use super::{Book, Provider, forge::Forge};

/// Somebody whom the provider knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who they are, for ever.
    pub subject: String,
    /// Their address at the moment.
    pub email: String,
    /// Whether the provider has verified it.
    pub email_verified: bool,
}

impl Person {
    /// Somebody with a verified address.
    #[must_use]
    pub fn new(subject: &str, email: &str) -> Self {
        Self { subject: subject.into(), email: email.into(), email_verified: true }
    }
}

/// A running provider. Clones are the same one.
#[derive(Clone)]
pub struct Handle {
    pub(super) provider: Arc<Provider>,
}

impl Handle {
    /// The issuer, `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.provider.issuer
    }

    /// From now on this person sits at the browser; nobody consents where nobody does.
    pub fn seat(&self, person: Option<Person>) {
        self.book(|book| book.person = person);
    }

    /// Forges the next ID token; forged ones queue up.
    pub fn forge(&self, forge: Forge) {
        self.book(|book| book.forges.push_back(forge));
    }

    /// Has the configuration say something else from now on; null takes a field out.
    pub fn say(&self, field: &str, value: Value) {
        self.book(|book| book.says.insert(field.to_owned(), value));
    }

    /// How often a code was exchanged.
    #[must_use]
    pub fn exchanges(&self) -> usize {
        self.book(|book| book.exchanges)
    }

    /// Every connection is cut at once.
    pub fn cut(&self) {
        self.provider.life.cut();
    }

    fn book<T>(&self, act: impl FnOnce(&mut Book) -> T) -> T {
        act(&mut self.provider.book.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
