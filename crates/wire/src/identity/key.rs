//! A service's signing key, and the tokens it signs.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use super::{
    Error, GATEWAY, LIFETIME, PASSPORT_AUDIENCE, PASSPORT_KIND, PassportClaims, SERVICE_KIND,
    ServiceClaims,
};

/// A service's signing key.
pub struct ServiceKey {
    name: String,
    pkcs8: Vec<u8>,
    signer: EncodingKey,
    public: String,
    issued: Mutex<HashMap<String, (Arc<str>, Instant)>>,
}

impl ServiceKey {
    /// Makes a fresh key for the service `name`.
    ///
    /// # Errors
    /// [`Error::Key`] when the system gives no randomness.
    pub fn generate(name: &str) -> Result<Self, Error> {
        let pair = Ed25519KeyPair::generate().map_err(|_| Error::Key)?;
        let pkcs8 = pair.to_pkcs8v1().map_err(|_| Error::Key)?;
        Self::from_pkcs8(name, pkcs8.as_ref())
    }

    /// Reads a stored key.
    ///
    /// # Errors
    /// [`Error::Key`] for anything that is not an Ed25519 key.
    pub fn from_pkcs8(name: &str, pkcs8: &[u8]) -> Result<Self, Error> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| Error::Key)?;
        Ok(Self {
            name: name.into(),
            pkcs8: pkcs8.into(),
            signer: EncodingKey::from_ed_der(pkcs8),
            public: URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
            issued: Mutex::default(),
        })
    }

    /// The key's stored form; handle as a secret.
    #[must_use]
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The public half, base64url, for [`Trust`](super::Trust).
    #[must_use]
    pub fn public(&self) -> &str {
        &self.public
    }

    /// The service this key speaks for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A token for calls to `callee`; reused for half its life.
    ///
    /// # Errors
    /// [`Error::Token`] when signing fails.
    pub fn token_for(&self, callee: &str) -> Result<Arc<str>, Error> {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, since)) = issued.get(callee)
            && since.elapsed() < LIFETIME / 2
        {
            return Ok(token.clone());
        }
        let claims = ServiceClaims { iss: self.name.clone(), aud: callee.into(), exp: in_future() };
        let token: Arc<str> = self.sign(SERVICE_KIND, &claims)?.into();
        issued.insert(callee.into(), (token.clone(), Instant::now()));
        Ok(token)
    }

    /// Signs a passport; only the gateway's key is believed.
    ///
    /// # Errors
    /// [`Error::Token`] when signing fails.
    pub fn passport(&self, mut claims: PassportClaims) -> Result<String, Error> {
        claims.iss = GATEWAY.into();
        claims.aud = PASSPORT_AUDIENCE.into();
        claims.exp = in_future();
        self.sign(PASSPORT_KIND, &claims)
    }

    fn sign<C: Serialize>(&self, kind: &str, claims: &C) -> Result<String, Error> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(kind.into());
        Ok(jsonwebtoken::encode(&header, claims, &self.signer)?)
    }
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceKey").field("name", &self.name).finish_non_exhaustive()
    }
}

fn in_future() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now + LIFETIME).as_secs()
}
