//! Whom a process believes, and the tokens it has verified.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Error, GATEWAY, PASSPORT_AUDIENCE, PASSPORT_KIND, PassportClaims, SERVICE_KIND, ServiceClaims,
};

/// Most verified tokens remembered at once.
const REMEMBERED: usize = 10_000;

/// The public keys of the services we believe, and the tokens already verified.
#[derive(Clone, Default)]
pub struct Trust(Arc<Inner>);

#[derive(Default)]
struct Inner {
    keys: RwLock<HashMap<String, DecodingKey>>,
    services: Remembered<ServiceClaims>,
    passports: Remembered<PassportClaims>,
}

/// Claims of verified tokens by the token's SHA-256, so that a signature is checked once and not once a call.
struct Remembered<C>(Mutex<HashMap<[u8; 32], Arc<C>>>);

impl<C> Default for Remembered<C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl Trust {
    /// Believes `service` when it signs with the private half of `public` (base64url).
    ///
    /// # Errors
    /// [`Error::Token`] for a text that is no Ed25519 public key.
    pub fn believe(&self, service: &str, public: &str) -> Result<(), Error> {
        let key = DecodingKey::from_ed_components(public)?;
        self.0.keys.write().unwrap_or_else(PoisonError::into_inner).insert(service.into(), key);
        Ok(())
    }

    /// Who calls `me` with this token.
    ///
    /// # Errors
    /// [`Error`] when the token does not hold.
    pub fn service(&self, token: &str, me: &str) -> Result<Arc<ServiceClaims>, Error> {
        let claims = self.0.services.or_verify(
            token,
            |claims| claims.exp,
            || {
                let issuer = unverified_issuer(token).ok_or(Error::Issuer)?;
                self.verify::<ServiceClaims>(token, SERVICE_KIND, &issuer, None)
            },
        )?;
        if claims.aud == me { Ok(claims) } else { Err(Error::Issuer) }
    }

    /// The person behind the call.
    ///
    /// # Errors
    /// [`Error`] when the passport does not hold.
    pub fn passport(&self, token: &str) -> Result<Arc<PassportClaims>, Error> {
        self.0.passports.or_verify(
            token,
            |claims| claims.exp,
            || {
                self.verify::<PassportClaims>(
                    token,
                    PASSPORT_KIND,
                    GATEWAY,
                    Some(PASSPORT_AUDIENCE),
                )
            },
        )
    }

    fn verify<C: DeserializeOwned>(
        &self,
        token: &str,
        kind: &str,
        issuer: &str,
        audience: Option<&str>,
    ) -> Result<C, Error> {
        let header = jsonwebtoken::decode_header(token)?;
        if header.typ.as_deref() != Some(kind) {
            return Err(Error::Issuer);
        }
        let keys = self.0.keys.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys.get(issuer).ok_or(Error::Issuer)?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.leeway = 5;
        rules.set_required_spec_claims(&["exp", "iss", "aud"]);
        rules.set_issuer(&[issuer]);
        match audience {
            Some(audience) => rules.set_audience(&[audience]),
            None => rules.validate_aud = false,
        }
        Ok(jsonwebtoken::decode::<C>(token, key, &rules)?.claims)
    }
}

impl<C> Remembered<C> {
    fn or_verify(
        &self,
        token: &str,
        exp: impl Fn(&C) -> u64,
        verify: impl FnOnce() -> Result<C, Error>,
    ) -> Result<Arc<C>, Error> {
        let sum = digest::digest(&digest::SHA256, token.as_bytes());
        let sum: [u8; 32] = sum.as_ref().try_into().map_err(|_| Error::Key)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&sum).cloned();
        if let Some(claims) = known
            && exp(&claims) > now
        {
            return Ok(claims);
        }
        let claims = Arc::new(verify()?);
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED {
            remembered.retain(|_, known| exp(known) > now);
            if remembered.len() >= REMEMBERED {
                remembered.clear();
            }
        }
        remembered.insert(sum, claims.clone());
        Ok(claims)
    }
}

/// The issuer a token claims, only to choose the key that then proves or refutes it.
fn unverified_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Issuer {
        iss: String,
    }
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    Some(serde_json::from_slice::<Issuer>(&payload).ok()?.iss)
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.0.keys.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_tuple("Trust").field(&keys.keys().collect::<Vec<_>>()).finish()
    }
}
