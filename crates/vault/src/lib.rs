//! How are secrets kept? Envelope encryption, rotation, access journal.
//!
//! - [`MasterKey`] and [`Keyring`]: the keys from outside (environment, file); the only ones not in the database.
//! - [`Kms`]: whoever wraps data keys: a master key of this process, or a service such as [`Transit`].
//! - [`Vault`]: seals and opens a tenant's secrets under the tenant's own data key, journals every opening, shreds a
//!   tenant's keys, and rotates both kinds of key while all goes on.
//! - [`Status`]: how the keys stand. [`reads`]: who read which secret.
//! - [`Sealed`]: a sealed secret as a column holds it; the migration that makes the column registers it in
//!   `sealed_columns`.
//! - [`SubKey`]: a key for one purpose, derived from the master key.
//! - [`Hint`]: what may be shown of a secret.
//! - [`Error`]: what went wrong, without any part of a secret.

mod aead;
mod cache;
mod columns;
mod error;
mod hint;
mod journal;
mod kms;
mod master;
mod master_rotation;
mod sealed;
mod status;
mod store;
mod sub_key;
mod tenant_rotation;
mod transit;
mod vault;

pub use error::{Error, Result};
pub use hint::Hint;
pub use journal::{Read, Which, reads, reads_of};
pub use kms::{DataKey, Kms, KmsError};
pub use master::{BadKey, Keyring, MasterKey};
pub use master_rotation::{Progress, Rewrapped};
pub use sealed::Sealed;
pub use status::{Master, Status};
pub use sub_key::SubKey;
pub use tenant_rotation::Resealed;
pub use transit::Transit;
pub use vault::Vault;
