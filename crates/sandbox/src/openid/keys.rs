//! The provider's key, and what it signs.

use anyhow::anyhow;
use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde_json::{Value, json};

use super::forge::{Forge, Sign};

/// What the provider calls its key.
const KID: &str = "key-1";

pub(super) struct Keys {
    own: EcdsaKeyPair,
    other: EcdsaKeyPair,
}

impl Keys {
    pub(super) fn draw() -> anyhow::Result<Self> {
        let draw = || {
            EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                .map_err(|_| anyhow!("no key can be made"))
        };
        Ok(Self { own: draw()?, other: draw()? })
    }

    /// The key set (RFC 7517).
    pub(super) fn set(&self) -> Value {
        let point = self.own.public_key().as_ref();
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": KID,
            "x": BASE64.encode(&point[1..33]), "y": BASE64.encode(&point[33..65]),
        }]})
    }

    /// A token of these claims, forged to order.
    pub(super) fn token(
        &self,
        claims: &Value,
        forge: &Forge,
        secret: &str,
    ) -> anyhow::Result<String> {
        let mut header = json!({"alg": "ES256", "typ": "JWT", "kid": KID});
        match forge.sign {
            Sign::PublicKeyAsSecret | Sign::ClientSecret => header["alg"] = json!("HS256"),
            Sign::Nobody => header["alg"] = json!("none"),
            Sign::Own | Sign::Other | Sign::Before => {}
        }
        Forge::twist(&forge.header, &mut header);
        let mut twisted = claims.clone();
        Forge::twist(&forge.claims, &mut twisted);
        let part = |value: &Value| BASE64.encode(value.to_string());
        let shown = format!("{}.{}", part(&header), part(&twisted));
        let signed = match forge.sign {
            Sign::Before => format!("{}.{}", part(&header), part(claims)),
            _ => shown.clone(),
        };
        let by = |pair: &EcdsaKeyPair| {
            let signature = pair.sign(&SystemRandom::new(), signed.as_bytes());
            Ok::<_, anyhow::Error>(
                signature.map_err(|_| anyhow!("no signature"))?.as_ref().to_vec(),
            )
        };
        let mac = |key: &[u8]| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key);
            hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
        };
        let signature = match forge.sign {
            Sign::Own | Sign::Before => by(&self.own)?,
            Sign::Other => by(&self.other)?,
            Sign::PublicKeyAsSecret => mac(self.own.public_key().as_ref()),
            Sign::ClientSecret => mac(secret.as_bytes()),
            Sign::Nobody => Vec::new(),
        };
        Ok(format!("{shown}.{}", BASE64.encode(signature)))
    }
}
