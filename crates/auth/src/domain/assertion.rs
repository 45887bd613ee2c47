//! What an app has signed to prove which one it is (RFC 7523; OpenID Connect Core, section 9), read strictly.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{ClientKey, ProofAlgorithm};

/// The longest that is looked at, in bytes.
const LONGEST: usize = 4_096;
/// How long it may count, in seconds: as long as Authlib has it unless told.
const LIFE: i64 = 3_600;
/// How far two clocks may differ, in seconds.
const SKEW: i64 = 60;
/// The kinds of token that it may call itself.
const KINDS: [&str; 2] = ["jwt", "client-authentication+jwt"];

/// Any other member refuses it, and so `jku`, `jwk`, `x5u`, `x5c`, `crit` and `b64` do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: Option<String>,
}

/// The claims that are looked at; one of another type than it has to be is no claim set, several audiences among them.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    jti: String,
}

/// An assertion in the form of one; nothing of it is proven yet.
pub(crate) struct Assertion<'a> {
    algorithm: ProofAlgorithm,
    kid: String,
    message: &'a str,
    signature: Vec<u8>,
    claims: Claims,
}

impl<'a> Assertion<'a> {
    /// Reads one; `None` for what is none.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let (message, signature) = text.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
        let kind = header.typ.unwrap_or_else(|| KINDS[0].into()).to_ascii_lowercase();
        if !KINDS.contains(&kind.as_str()) {
            return None;
        }
        Some(Self {
            // RFC 9864 has a name for the one curve of EdDSA that is known here.
            algorithm: match header.alg.as_str() {
                "Ed25519" => ProofAlgorithm::EdDsa,
                alg => ProofAlgorithm::parse(alg)?,
            },
            kid: header.kid,
            message,
            signature: decode(signature)?,
            claims: serde_json::from_slice(&decode(claims)?).ok()?,
        })
    }

    /// Which app it says it is.
    pub(crate) fn client(&self) -> &str {
        &self.claims.sub
    }

    /// Whether the key of its name among `keys` has signed it. It takes its time where there is no such key.
    pub(crate) fn is_signed_by(&self, keys: &[ClientKey]) -> bool {
        let fits =
            |key: &&ClientKey| key.kid == self.kid && key.algorithm() == Some(self.algorithm);
        let found = keys.iter().find(fits);
        let nobodys = ClientKey::nobodys(self.algorithm);
        let key = found.unwrap_or(&nobodys);
        key.has_signed(self.message.as_bytes(), &self.signature) && found.is_some()
    }

    /// Whether it is this app's word, for one of `audiences`, and of now.
    pub(crate) fn says(&self, client: &str, audiences: &[&str], now: Timestamp) -> bool {
        let (claims, now) = (&self.claims, now.jiff().as_second());
        let is_own = claims.iss == client && claims.sub == client;
        let is_for_us = audiences.contains(&claims.aud.as_str());
        let lasts = claims.exp > now && claims.exp <= now + LIFE;
        let is_young = (now - LIFE - SKEW..=now + SKEW).contains(&claims.iat);
        let has_begun = claims.nbf.is_none_or(|nbf| nbf <= now + SKEW);
        let is_named = (1..=255).contains(&claims.jti.len());
        is_own && is_for_us && lasts && is_young && has_begun && is_named
    }

    /// What is kept of it, so that it counts once.
    pub(crate) fn hash(&self, client_id: Uuid) -> Vec<u8> {
        let named = [client_id.as_bytes() as &[u8], self.claims.jti.as_bytes()].concat();
        digest(&SHA256, &named).as_ref().into()
    }

    /// Until when it has to be kept.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        jiff::Timestamp::from_second(self.claims.exp).ok().map(Into::into)
    }
}

/// One spelling for each part: no padding, no stray bits.
fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const ISSUER: &str = "https://usher.example";

    fn key(pair: &Ed25519KeyPair) -> ClientKey {
        ClientKey {
            kid: "k1".into(),
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            x: URL_SAFE_NO_PAD.encode(pair.public_key()),
            ..ClientKey::default()
        }
    }

    /// What is right, but for `header` and `claims`; null takes a member away.
    fn signed(pair: &Ed25519KeyPair, header: Value, claims: Value) -> String {
        let change = |mut of: Value, with: Value| {
            for (name, value) in with.as_object().expect("an object") {
                match value {
                    Value::Null => drop(of.as_object_mut().expect("an object").remove(name)),
                    value => of[name] = value.clone(),
                }
            }
            URL_SAFE_NO_PAD.encode(of.to_string())
        };
        let header = change(json!({"alg": "EdDSA", "kid": "k1", "typ": "JWT"}), header);
        let right = json!({
            "iss": "uc_a", "sub": "uc_a", "aud": ISSUER, "exp": NOW + 60, "iat": NOW, "jti": "j1",
        });
        let message = format!("{header}.{}", change(right, claims));
        let signature = URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn holds(text: &str, keys: &[ClientKey]) -> bool {
        let now = jiff::Timestamp::from_second(NOW).expect("a second").into();
        Assertion::parse(text).is_some_and(|assertion| {
            assertion.is_signed_by(keys)
                && assertion.says("uc_a", &[ISSUER, "https://usher.example/oauth/token"], now)
        })
    }

    #[test]
    fn what_the_app_signed_for_us_and_now_holds() {
        let pair = Ed25519KeyPair::generate().expect("draws");
        for (header, claims) in [
            (json!({}), json!({})),
            (json!({"typ": null}), json!({"aud": "https://usher.example/oauth/token"})),
            (json!({"typ": "client-authentication+jwt"}), json!({"exp": NOW + LIFE})),
            (json!({}), json!({"iat": NOW + 60, "nbf": NOW + 60, "more": true})),
            (json!({"alg": "Ed25519"}), json!({})),
        ] {
            let text = signed(&pair, header, claims);
            assert!(holds(&text, &[key(&pair)]), "{text}");
        }
    }

    #[test]
    fn no_other_header_counts() {
        let pair = Ed25519KeyPair::generate().expect("draws");
        for header in [
            json!({"alg": "none"}),
            json!({"alg": "HS256"}),
            json!({"alg": "ES256"}),
            json!({"alg": "RS256"}),
            json!({"alg": "eddsa"}),
            json!({"alg": null}),
            json!({"kid": null}),
            json!({"kid": "k2"}),
            json!({"kid": 1}),
            json!({"typ": "at+jwt"}),
            json!({"typ": "dpop+jwt"}),
            json!({"jwk": key(&pair)}),
            json!({"jku": "https://evil.example/keys"}),
            json!({"x5u": "https://evil.example/cert"}),
            json!({"x5c": []}),
            json!({"crit": ["b64"]}),
            json!({"b64": false}),
        ] {
            assert!(!holds(&signed(&pair, header.clone(), json!({})), &[key(&pair)]), "{header}");
        }
    }

    #[test]
    fn no_other_claims_count() {
        let pair = Ed25519KeyPair::generate().expect("draws");
        for claims in [
            json!({"iss": "uc_b"}),
            json!({"sub": "uc_b"}),
            json!({"iss": null}),
            json!({"sub": 7}),
            json!({"aud": "https://usher.example/"}),
            json!({"aud": "https://evil.example"}),
            json!({"aud": [ISSUER]}),
            json!({"aud": [ISSUER, "https://evil.example"]}),
            json!({"aud": null}),
            json!({"exp": NOW}),
            json!({"exp": NOW - 1}),
            json!({"exp": NOW + LIFE + 1}),
            json!({"exp": i64::MAX}),
            json!({"exp": (NOW + 60).to_string()}),
            json!({"exp": 1.5}),
            json!({"exp": null}),
            json!({"iat": NOW + 61}),
            json!({"iat": NOW - LIFE - SKEW - 1}),
            json!({"iat": i64::MIN}),
            json!({"iat": null}),
            json!({"nbf": NOW + 61}),
            json!({"nbf": "now"}),
            json!({"jti": null}),
            json!({"jti": ""}),
            json!({"jti": "j".repeat(256)}),
        ] {
            assert!(!holds(&signed(&pair, json!({}), claims.clone()), &[key(&pair)]), "{claims}");
        }
    }

    #[test]
    fn no_other_signature_and_no_other_form_counts() {
        let pair = Ed25519KeyPair::generate().expect("draws");
        let other = Ed25519KeyPair::generate().expect("draws");
        let text = signed(&pair, json!({}), json!({}));
        assert!(!holds(&text, &[]) && !holds(&text, &[key(&other)]));
        let (message, _) = text.rsplit_once('.').expect("a signature");
        for bad in [
            String::new(),
            "a.b.c".into(),
            message.to_owned(),
            format!("{message}."),
            format!("{text}="),
            format!("{text}.{text}"),
            format!(" {text}"),
            "x".repeat(LONGEST + 1),
        ] {
            assert!(!holds(&bad, &[key(&pair)]), "{bad}");
        }
        let twice = URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA","kid":"k1","kid":"k1"}"#);
        let claims = text.split('.').nth(1).expect("claims");
        let message = format!("{twice}.{claims}");
        let signature = URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()));
        assert!(!holds(&format!("{message}.{signature}"), &[key(&pair)]), "twice");
    }

    #[test]
    fn one_app_spends_no_other_ones_assertion() {
        let pair = Ed25519KeyPair::generate().expect("draws");
        let text = signed(&pair, json!({}), json!({}));
        let read = Assertion::parse(&text).expect("reads");
        assert_ne!(read.hash(Uuid::nil()), read.hash(Uuid::max()));
        assert_eq!(read.expires_at().expect("a second").jiff().as_second(), NOW + 60);
    }
}
