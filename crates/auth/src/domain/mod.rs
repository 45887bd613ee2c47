//! What this service knows.

mod blocklist;
mod cause;
mod credential;
mod device;
mod factor;
mod letter;
mod password;
mod person;
mod session;
mod throttle;
mod totp;

pub(crate) use cause::{ChangeCause, EndCause};
pub(crate) use credential::{Activation, Credential, CredentialId, NewPassword, State, activation};
pub(crate) use device::device;
pub(crate) use factor::{CODES, RecoveryCode, SecondFactor, is_fresh};
pub use letter::Closed;
pub(crate) use letter::{Digits, Key, Letter, LetterKind, MOST_TRIES};
pub use password::BadPassword;
pub(crate) use password::{Floor, Password};
pub(crate) use person::{Person, PersonStatus};
pub use session::{BadTtl, Lifetimes};
pub(crate) use session::{Method, Session, Standing, Token, Ttl};
pub(crate) use throttle::{Account, Source, Subject, Tally, Tries};
pub use totp::BadSecret;
pub(crate) use totp::TotpSecret;
