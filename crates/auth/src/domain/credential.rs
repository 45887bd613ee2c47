//! A credential, and which of a person's credentials becomes active.

use std::fmt;

use kernel::{Email, Timestamp, UserId};
use secrecy::SecretString;
use uuid::Uuid;

kernel::closed_set! {
    /// What a stored hash is good for.
    pub(crate) enum State {
        /// Nothing yet.
        Staged = "staged",
        /// Signing in.
        Active = "active",
    }
}

/// Names a credential; random, so that one id tells nothing about another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CredentialId(Uuid);

/// A text that names no credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a valid credential id (expected a UUID)")]
pub(crate) struct NoCredentialId;

impl CredentialId {
    /// Reads an id from outside text; only the hyphenated lower-case form is one spelling of an id.
    pub(crate) fn parse(text: &str) -> Result<Self, NoCredentialId> {
        let id = Uuid::try_parse(text).map_err(|_| NoCredentialId)?;
        if id.hyphenated().to_string() == text { Ok(Self(id)) } else { Err(NoCredentialId) }
    }

    pub(crate) const fn uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for CredentialId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// Whom an address signs in, and the hash of the password.
#[derive(Debug)]
pub(crate) struct Credential {
    pub(crate) credential_id: CredentialId,
    pub(crate) user_id: UserId,
    pub(crate) email: Email,
    /// `None` for somebody who signs in by a passkey.
    pub(crate) hash: Option<SecretString>,
    pub(crate) state: State,
    pub(crate) created_at: Timestamp,
}

/// What is kept of a new password.
#[derive(Debug)]
pub(crate) struct NewPassword {
    pub(crate) hash: SecretString,
    /// Whether it may only be used with a second factor.
    pub(crate) short: bool,
}

/// What asking for a credential's activation leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    /// The credential becomes the person's password.
    Due,
    /// The person has a password and keeps it, this one or another.
    Already,
    /// The person has no such credential.
    Unknown,
}

/// Decides over all credentials of one person.
pub(crate) fn activation(held: &[(CredentialId, State)], wanted: CredentialId) -> Activation {
    if held.iter().any(|(_, state)| *state == State::Active) {
        Activation::Already
    } else if held.iter().any(|(id, _)| *id == wanted) {
        Activation::Due
    } else {
        Activation::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_gets_one_password_and_keeps_it() {
        let (first, second) = (CredentialId(Uuid::from_u128(1)), CredentialId(Uuid::from_u128(2)));
        let staged = [(first, State::Staged), (second, State::Staged)];
        assert_eq!(activation(&staged, first), Activation::Due);
        let active = [(first, State::Active), (second, State::Staged)];
        assert_eq!(activation(&active, first), Activation::Already);
        assert_eq!(activation(&active, second), Activation::Already);
        assert_eq!(activation(&[(first, State::Staged)], second), Activation::Unknown);
    }
}
