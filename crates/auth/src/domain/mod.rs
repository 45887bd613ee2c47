//! What this service knows.

mod credential;
mod password;
mod person;
mod session;

pub(crate) use credential::{Activation, Credential, CredentialId, State, activation};
pub use password::BadPassword;
pub(crate) use password::Password;
pub(crate) use person::{Person, PersonStatus};
pub use session::BadTtl;
pub(crate) use session::{Session, Standing, Token, Ttl};
