//! Keys that sign tokens, and the public halves that verify them.

use std::{collections::HashMap, fmt};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair, UnparsedPublicKey,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

kernel::closed_set! {
    /// How a token is signed (RFC 7518, RFC 8037).
    pub enum Algorithm {
        /// Ed25519.
        EdDsa = "EdDSA",
        /// ECDSA over P-256 with SHA-256.
        Es256 = "ES256",
    }
}

/// A key that is none, or not of its algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key of this algorithm")]
pub struct BadKey;

/// A key that signs; never printed.
pub struct SigningKey {
    kid: String,
    pair: Pair,
}

enum Pair {
    EdDsa(Ed25519KeyPair),
    Es256(EcdsaKeyPair),
}

impl SigningKey {
    /// Draws a key and returns it with its PKCS#8 form, which is a secret.
    ///
    /// # Errors
    /// [`BadKey`] when the system gives no randomness.
    pub fn draw(kid: &str, algorithm: Algorithm) -> Result<(Self, Vec<u8>), BadKey> {
        let pkcs8: Vec<u8> = match algorithm {
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::generate().map_err(|_| BadKey)?;
                pair.to_pkcs8v1().map_err(|_| BadKey)?.as_ref().into()
            }
            Algorithm::Es256 => {
                let drawn = EcdsaKeyPair::generate_pkcs8(
                    &ECDSA_P256_SHA256_FIXED_SIGNING,
                    &SystemRandom::new(),
                );
                drawn.map_err(|_| BadKey)?.as_ref().into()
            }
        };
        Ok((Self::from_pkcs8(kid, algorithm, &pkcs8)?, pkcs8))
    }

    /// Reads a stored key.
    ///
    /// # Errors
    /// [`BadKey`] for anything else.
    pub fn from_pkcs8(kid: &str, algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, BadKey> {
        let pair = match algorithm {
            Algorithm::EdDsa => Pair::EdDsa(Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| BadKey)?),
            Algorithm::Es256 => Pair::Es256(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
                    .map_err(|_| BadKey)?,
            ),
        };
        Ok(Self { kid: kid.into(), pair })
    }

    /// What names the key in tokens.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// How it signs.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self.pair {
            Pair::EdDsa(_) => Algorithm::EdDsa,
            Pair::Es256(_) => Algorithm::Es256,
        }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        let bytes = match &self.pair {
            Pair::EdDsa(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Es256(pair) => pair.public_key().as_ref().to_vec(),
        };
        PublicKey { kid: self.kid.clone(), algorithm: self.algorithm(), bytes }
    }

    /// The signature over `message`.
    ///
    /// # Errors
    /// [`BadKey`] when the system gives no randomness.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, BadKey> {
        Ok(match &self.pair {
            Pair::EdDsa(pair) => pair.sign(message).as_ref().into(),
            Pair::Es256(pair) => {
                let signed = pair.sign(&SystemRandom::new(), message);
                signed.map_err(|_| BadKey)?.as_ref().into()
            }
        })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// The public half of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    kid: String,
    algorithm: Algorithm,
    /// Of Ed25519 the 32 bytes, of P-256 the uncompressed point.
    bytes: Vec<u8>,
}

impl PublicKey {
    /// Reads a key from the coordinates of its JWK; `y` is empty for Ed25519.
    ///
    /// # Errors
    /// [`BadKey`] where they are not of this algorithm.
    pub fn of_coordinates(
        kid: &str,
        algorithm: Algorithm,
        x: &str,
        y: &str,
    ) -> Result<Self, BadKey> {
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| BadKey);
        let (x, y) = (decode(x)?, decode(y)?);
        let bytes = match (algorithm, x.len(), y.len()) {
            (Algorithm::EdDsa, 32, 0) => x,
            (Algorithm::Es256, 32, 32) => [&[4][..], &x, &y].concat(),
            _ => return Err(BadKey),
        };
        Ok(Self { kid: kid.into(), algorithm, bytes })
    }

    /// What names the key in tokens.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// How its private half signs.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The coordinates of its JWK, base64url; the second is empty for Ed25519.
    #[must_use]
    pub fn coordinates(&self) -> (String, String) {
        match self.algorithm {
            Algorithm::EdDsa => (URL_SAFE_NO_PAD.encode(&self.bytes), String::new()),
            Algorithm::Es256 => {
                let (x, y) = self.bytes[1..].split_at(32);
                (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y))
            }
        }
    }

    /// As a JWK (RFC 7517, RFC 8037).
    #[must_use]
    pub fn jwk(&self) -> Value {
        let (x, y) = self.coordinates();
        let (kid, alg) = (&self.kid, self.algorithm.as_str());
        match self.algorithm {
            Algorithm::EdDsa => {
                json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": alg, "kid": kid, "x": x})
            }
            Algorithm::Es256 => {
                json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": alg, "kid": kid, "x": x, "y": y})
            }
        }
    }

    /// Whether the private half signed `message`.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match self.algorithm {
            Algorithm::EdDsa => {
                UnparsedPublicKey::new(&ED25519, &self.bytes).verify(message, signature)
            }
            Algorithm::Es256 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.bytes)
                .verify(message, signature),
        };
        verified.is_ok()
    }
}

/// Keys by which tokens hold, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicKeys(HashMap<String, PublicKey>);

impl PublicKeys {
    /// The key of this name.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&PublicKey> {
        self.0.get(kid)
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &PublicKey> {
        self.0.values()
    }

    /// All of them as a JWK set, in the order of their names.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let mut keys: Vec<&PublicKey> = self.0.values().collect();
        keys.sort_by_key(|key| &key.kid);
        json!({"keys": keys.into_iter().map(PublicKey::jwk).collect::<Vec<_>>()})
    }
}

impl FromIterator<PublicKey> for PublicKeys {
    fn from_iter<T: IntoIterator<Item = PublicKey>>(keys: T) -> Self {
        Self(keys.into_iter().map(|key| (key.kid.clone(), key)).collect())
    }
}
