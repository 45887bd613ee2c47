//! What this service knows.

mod credential;
mod password;
mod session;

pub(crate) use credential::{Activation, Credential, CredentialId, State, activation};
pub use password::BadPassword;
pub(crate) use password::Password;
pub use session::BadTtl;
pub(crate) use session::{Session, Standing, Token, Ttl};
