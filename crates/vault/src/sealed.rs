//! A sealed secret as a column holds it: `format (1) ‖ generation (4) ‖ nonce ‖ ciphertext ‖ tag`.

use std::fmt;

use kernel::TenantId;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::{DataKey, Error, Result, aead};

/// The only format so far.
const FORMAT: u8 = 1;

const HEADER: usize = 5;

/// A secret that only its tenant's data key opens, and only in the place it was sealed for. Stored as `bytea`.
#[derive(Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct Sealed(Vec<u8>);

/// The place a secret belongs to; a secret moved elsewhere does not open.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) purpose: &'a str,
    pub(crate) row: Uuid,
}

impl Sealed {
    pub(crate) fn seal(
        key: &DataKey,
        generation: i32,
        place: Place<'_>,
        secret: &SecretString,
    ) -> Result<Self> {
        let plain = secret.expose_secret().as_bytes();
        let mut out = Vec::with_capacity(HEADER + 12 + plain.len() + 16);
        out.push(FORMAT);
        out.extend_from_slice(&generation.to_be_bytes());
        aead::seal(&key.0, &context(generation, place), plain, &mut out)
            .map_err(|_| Error::Crypto)?;
        Ok(Self(out))
    }

    pub(crate) fn open(&self, key: &DataKey, place: Place<'_>) -> Result<SecretString> {
        let generation = self.generation()?;
        let plain = aead::open(&key.0, &context(generation, place), &self.0[HEADER..])
            .map_err(|_| Error::Refused)?;
        let text = std::str::from_utf8(&plain).map_err(|_| Error::Refused)?;
        Ok(text.into())
    }

    /// The least of all values that this generation seals, byte by byte: what earlier ones sealed is less.
    pub(crate) fn first_of(generation: i32) -> Vec<u8> {
        [&[FORMAT] as &[u8], &generation.to_be_bytes()].concat()
    }

    /// The data key that sealed it.
    pub(crate) fn generation(&self) -> Result<i32> {
        match self.0.as_slice() {
            [FORMAT, a, b, c, d, ..] => Ok(i32::from_be_bytes([*a, *b, *c, *d])),
            _ => Err(Error::Format),
        }
    }
}

/// The associated data; everything before the purpose has a fixed length, so no two places read alike.
fn context(generation: i32, place: Place<'_>) -> Vec<u8> {
    [
        b"usher secret" as &[u8],
        &[FORMAT],
        &generation.to_be_bytes(),
        place.tenant.uuid().as_bytes(),
        place.row.as_bytes(),
        place.purpose.as_bytes(),
    ]
    .concat()
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}
