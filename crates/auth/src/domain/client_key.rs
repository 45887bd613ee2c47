//! Keys by which an app proves itself (RFC 7517), and whether one has signed something.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::BadClientWish;

/// Keys of one app: enough to replace one while the former still counts.
const MOST: usize = 5;
/// Bytes of the modulus of an RSA key.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=512;
/// The only public exponent, 65537, that is taken.
const EXPONENT: [u8; 3] = [1, 0, 1];

kernel::closed_set! {
    /// How an app may sign: with a private key alone, so that no key of it is taken for a shared secret (CVE-2022-29217).
    pub(crate) enum ProofAlgorithm {
        /// Ed25519.
        EdDsa = "EdDSA",
        /// ECDSA over P-256 with SHA-256.
        Es256 = "ES256",
        /// RSA with PKCS#1 v1.5 padding and SHA-256.
        Rs256 = "RS256",
    }
}

/// A public key as it stands in a JWK set; what is empty is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ClientKey {
    pub(crate) kid: String,
    pub(crate) kty: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) crv: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) x: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) y: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) n: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) e: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) alg: String,
    #[serde(rename = "use", skip_serializing_if = "String::is_empty")]
    pub(crate) purpose: String,
}

impl ClientKey {
    /// The one way in which it signs; `None` for what is no key that is taken here.
    pub(crate) fn algorithm(&self) -> Option<ProofAlgorithm> {
        match (self.kty.as_str(), self.crv.as_str()) {
            ("OKP", "Ed25519") => Some(ProofAlgorithm::EdDsa),
            ("EC", "P-256") => Some(ProofAlgorithm::Es256),
            ("RSA", "") => Some(ProofAlgorithm::Rs256),
            _ => None,
        }
    }

    /// Whether it has signed `message` in its one way.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let Some(algorithm) = self.algorithm() else { return false };
        match algorithm {
            ProofAlgorithm::EdDsa => part(&self.x, 32).is_some_and(|x| {
                UnparsedPublicKey::new(&ED25519, x).verify(message, signature).is_ok()
            }),
            ProofAlgorithm::Es256 => self.point().is_some_and(|point| {
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                key.verify(message, signature).is_ok()
            }),
            ProofAlgorithm::Rs256 => self.modulus().is_some_and(|n| {
                let key = RsaPublicKeyComponents { n, e: EXPONENT.to_vec() };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }),
        }
    }

    /// Some key of this algorithm that is nobody's: whoever is not known takes as long to refuse as whoever is.
    pub(crate) fn nobodys(algorithm: ProofAlgorithm) -> Self {
        let key =
            |kty: &str, crv: &str| Self { kty: kty.into(), crv: crv.into(), ..Self::default() };
        match algorithm {
            // The examples of RFC 8037, appendix A.2, and RFC 7517, appendix A.1.
            ProofAlgorithm::EdDsa => Self {
                x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".into(),
                ..key("OKP", "Ed25519")
            },
            ProofAlgorithm::Es256 => Self {
                x: "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4".into(),
                y: "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM".into(),
                ..key("EC", "P-256")
            },
            // An odd number of 2,048 bits; nobody has to know how it is made.
            ProofAlgorithm::Rs256 => {
                Self { n: URL_SAFE_NO_PAD.encode([0xb5; 256]), e: "AQAB".into(), ..key("RSA", "") }
            }
        }
    }

    fn is_sound(&self) -> bool {
        let Some(algorithm) = self.algorithm() else { return false };
        let is_named = (1..=64).contains(&self.kid.len())
            && self.kid.bytes().all(|byte| byte.is_ascii_graphic());
        let is_said = self.alg.is_empty() || self.alg == algorithm.as_str();
        let signs = self.purpose.is_empty() || self.purpose == "sig";
        is_named && is_said && signs && self.has_parts(algorithm)
    }

    /// Whether it is made of what a key of its algorithm is made of, and of nothing else.
    fn has_parts(&self, algorithm: ProofAlgorithm) -> bool {
        let has = [&self.x, &self.y, &self.n, &self.e].map(|part| !part.is_empty());
        match algorithm {
            ProofAlgorithm::EdDsa => {
                let x = part(&self.x, 32);
                has == [true, false, false, false]
                    && x.is_some_and(|x| ParsedPublicKey::new(&ED25519, x).is_ok())
            }
            ProofAlgorithm::Es256 => {
                has == [true, true, false, false]
                    && self.point().is_some_and(|point| {
                        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).is_ok()
                    })
            }
            ProofAlgorithm::Rs256 => {
                has == [false, false, true, true] && self.modulus().is_some() && self.e == "AQAB"
            }
        }
    }

    /// The uncompressed point of a key over P-256.
    fn point(&self) -> Option<Vec<u8>> {
        Some([vec![4], part(&self.x, 32)?, part(&self.y, 32)?].concat())
    }

    fn modulus(&self) -> Option<Vec<u8>> {
        let n = URL_SAFE_NO_PAD.decode(&self.n).ok()?;
        let is_whole = n.first().is_some_and(|byte| *byte >= 0x80);
        let is_odd = n.last().is_some_and(|byte| byte % 2 == 1);
        (MODULUS.contains(&n.len()) && is_whole && is_odd).then_some(n)
    }
}

/// A coordinate of this many bytes, in its one spelling.
fn part(text: &str, length: usize) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == length)
}

/// The keys of an app; none for one that proves itself otherwise.
///
/// # Errors
/// [`BadClientWish::Keys`].
pub(crate) fn client_keys(keys: Vec<ClientKey>) -> Result<Vec<ClientKey>, BadClientWish> {
    let mut names: Vec<&str> = keys.iter().map(|key| key.kid.as_str()).collect();
    names.sort_unstable();
    let is_twice = names.windows(2).any(|pair| pair[0] == pair[1]);
    if keys.len() > MOST || is_twice || !keys.iter().all(ClientKey::is_sound) {
        return Err(BadClientWish::Keys);
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(algorithm: ProofAlgorithm) -> ClientKey {
        ClientKey { kid: "k1".into(), ..ClientKey::nobodys(algorithm) }
    }

    #[test]
    fn public_keys_of_the_three_kinds_are_taken() {
        for algorithm in ProofAlgorithm::ALL {
            let key = named(*algorithm);
            assert_eq!(key.algorithm(), Some(*algorithm));
            assert!(!key.has_signed(b"something", &[7; 64]));
            let said = ClientKey { alg: algorithm.to_string(), purpose: "sig".into(), ..key };
            assert_eq!(client_keys(vec![said.clone()]), Ok(vec![said]), "{algorithm}");
        }
        assert_eq!(client_keys(Vec::new()), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_sound_public_key_is_refused() {
        let [ed, es, rs] =
            [ProofAlgorithm::EdDsa, ProofAlgorithm::Es256, ProofAlgorithm::Rs256].map(named);
        for bad in [
            ClientKey { kid: String::new(), ..ed.clone() },
            ClientKey { kid: "k".repeat(65), ..ed.clone() },
            ClientKey { kid: "a b".into(), ..ed.clone() },
            ClientKey { alg: "HS256".into(), ..ed.clone() },
            ClientKey { alg: "ES256".into(), ..ed.clone() },
            ClientKey { purpose: "enc".into(), ..ed.clone() },
            ClientKey { kty: "oct".into(), crv: String::new(), ..ed.clone() },
            ClientKey { crv: "X25519".into(), ..ed.clone() },
            ClientKey { x: format!("{}=", ed.x), ..ed.clone() },
            ClientKey { x: "AAAA".into(), ..ed.clone() },
            ClientKey { y: es.y.clone(), ..ed.clone() },
            ClientKey { crv: "P-384".into(), ..es.clone() },
            ClientKey { y: es.x.clone(), ..es.clone() },
            ClientKey { y: String::new(), ..es.clone() },
            ClientKey { e: "Aw".into(), ..rs.clone() },
            ClientKey { n: URL_SAFE_NO_PAD.encode([0xb5; 128]), ..rs.clone() },
            ClientKey { n: URL_SAFE_NO_PAD.encode([0xb5; 513]), ..rs.clone() },
            ClientKey { n: URL_SAFE_NO_PAD.encode([0xb4; 256]), ..rs.clone() },
        ] {
            assert_eq!(client_keys(vec![bad.clone()]), Err(BadClientWish::Keys), "{bad:?}");
        }
        assert_eq!(client_keys(vec![ed.clone(), ed.clone()]), Err(BadClientWish::Keys), "twice");
        let many = (0..6).map(|at| ClientKey { kid: format!("k{at}"), ..ed.clone() });
        assert_eq!(client_keys(many.collect()), Err(BadClientWish::Keys));
    }
}
