//! Tokens that are almost right. Most are signed by the platform's own key, so that one thing alone is wrong with each.

use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// What forgers have: a token that holds, even the key that signed it, and keys of their own.
pub(super) struct Forge {
    pub(super) genuine: String,
    pub(super) header: Value,
    pub(super) claims: Value,
    key: Ed25519KeyPair,
    pub(super) stranger: Ed25519KeyPair,
}

/// A forged token and what is wrong with it.
pub(super) type Forged = (String, String);

impl Forge {
    pub(super) fn new(genuine: &str, pkcs8: &[u8]) -> Self {
        let part = |at: usize| {
            let part = genuine.split('.').nth(at).expect("a part");
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
        };
        Self {
            genuine: genuine.into(),
            header: part(0),
            claims: part(1),
            key: Ed25519KeyPair::from_pkcs8(pkcs8).expect("the platform's key"),
            stranger: Ed25519KeyPair::generate().expect("randomness"),
        }
    }

    /// A token of these texts, signed by the platform's own key.
    pub(super) fn signed(&self, header: &str, claims: &str) -> String {
        let message = message(header, claims);
        let signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The genuine claims under this header.
    pub(super) fn headed(&self, header: &Value) -> String {
        self.signed(&header.to_string(), &self.claims.to_string())
    }

    /// These claims under the genuine header.
    pub(super) fn claimed(&self, claims: &Value) -> String {
        self.signed(&self.header.to_string(), &claims.to_string())
    }

    /// The same token, said once more by the platform's own key: it must hold.
    pub(super) fn control(&self) -> String {
        self.claimed(&self.claims)
    }

    pub(super) fn with(value: &Value, member: &str, to: Value) -> Value {
        let mut value = value.clone();
        match to {
            Value::String(text) if text == ABSENT => {
                value.as_object_mut().expect("an object").remove(member);
            }
            to => value[member] = to,
        }
        value
    }

    /// All forged tokens; `foreign` is a tenant that the genuine one is not of.
    pub(super) fn all(&self, foreign: &str) -> Vec<Forged> {
        let mut all = Vec::new();
        all.extend(self.algorithms());
        all.extend(self.headers());
        all.extend(self.claims(foreign));
        all.extend(self.clocks());
        all.extend(self.doubles());
        all.extend(self.forms());
        all.extend(self.strangers(foreign));
        all
    }

    /// Another algorithm than the key's.
    fn algorithms(&self) -> Vec<Forged> {
        let under = |alg: Value| Self::with(&self.header, "alg", alg);
        let mut forged = Vec::new();
        for alg in ["none", "None", "NONE", "nOnE"] {
            let unsigned = message(&under(json!(alg)).to_string(), &self.claims.to_string());
            forged.push((format!("alg {alg}, unsigned"), format!("{unsigned}.")));
            forged.push((format!("alg {alg}, signed"), self.headed(&under(json!(alg)))));
        }
        let public = self.key.public_key().as_ref().to_vec();
        let secrets = [
            ("the raw public key", public.clone()),
            ("its base64url", URL_SAFE_NO_PAD.encode(&public).into_bytes()),
            ("nothing", Vec::new()),
        ];
        for (alg, hash) in [
            ("HS256", hmac::HMAC_SHA256),
            ("HS384", hmac::HMAC_SHA384),
            ("HS512", hmac::HMAC_SHA512),
        ] {
            for (what, secret) in &secrets {
                let message = message(&under(json!(alg)).to_string(), &self.claims.to_string());
                let tag = hmac::sign(&hmac::Key::new(hash, secret), message.as_bytes());
                let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
                forged.push((format!("alg {alg} with {what} as secret"), token));
            }
        }
        let others = [
            "RS256", "PS256", "ES256", "ES384", "ES512", "eddsa", "EDDSA", "Ed25519", "", "EdDSA ",
        ];
        let named = others.into_iter().map(|alg| (format!("alg {alg:?}"), json!(alg)));
        let odd = [json!(null), json!(0), json!(["EdDSA"]), json!({"alg": "EdDSA"}), json!(ABSENT)];
        let odd = odd.into_iter().map(|alg| (format!("alg is {alg}"), alg));
        forged.extend(named.chain(odd).map(|(what, alg)| (what, self.headed(&under(alg)))));
        forged
    }

    /// Another header than ours.
    fn headers(&self) -> Vec<Forged> {
        let kid = self.header["kid"].clone();
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": kid,
                         "x": URL_SAFE_NO_PAD.encode(self.stranger.public_key().as_ref())});
        let mut rows = self.names();
        rows.extend([
            ("jku", json!("http://127.0.0.1:9/jwks.json")),
            ("x5u", json!("http://127.0.0.1:9/chain.pem")),
            ("x5c", json!(["MIIB"])),
            ("x5t", json!("AAAA")),
            ("x5t#S256", json!("AAAA")),
            ("jwk", jwk),
            ("crit", json!(["exp"])),
            ("crit", json!([])),
            ("b64", json!(true)),
            ("b64", json!(false)),
            ("cty", json!("JWT")),
            ("zip", json!("DEF")),
            ("enc", json!("A256GCM")),
            ("epk", json!({})),
            ("exp", json!(99_999_999_999_i64)),
            ("unknown", json!(1)),
        ]);
        let told = |(member, to): (&str, Value)| {
            let token = self.headed(&Self::with(&self.header, member, to.clone()));
            (format!("header {member} is {}", brief(&to)), token)
        };
        rows.into_iter().map(told).collect()
    }

    /// Another name of the key, or another kind of token.
    fn names(&self) -> Vec<(&'static str, Value)> {
        let kid = self.header["kid"].clone();
        let mut rows: Vec<(&str, Value)> = Vec::new();
        for odd in [
            json!(ABSENT),
            json!(null),
            json!(""),
            json!(0),
            json!([kid]),
            json!({"kid": kid}),
            json!("00000000-0000-7000-8000-000000000000"),
            json!("../../../../dev/null"),
            json!("..%2f..%2fetc%2fpasswd"),
            json!("' or '1'='1"),
            json!("x\u{0}"),
            json!("http://127.0.0.1/key"),
            json!(kid.as_str().expect("a text").to_uppercase()),
            json!(format!("{} ", kid.as_str().expect("a text"))),
            json!("k".repeat(1_000)),
        ] {
            rows.push(("kid", odd));
        }
        for odd in [
            json!(ABSENT),
            json!(null),
            json!("JWT"),
            json!("AT+JWT"),
            json!("application/at+jwt"),
            json!("at+jwt "),
            json!("passport+jwt"),
            json!("service+jwt"),
            json!("id+jwt"),
            json!("logout+jwt"),
            json!(["at+jwt"]),
        ] {
            rows.push(("typ", odd));
        }
        rows
    }

    /// Claims of another type, of somebody else, or that we do not write.
    pub(super) fn claims(&self, foreign: &str) -> Vec<Forged> {
        let of = |member: &str| self.claims[member].clone();
        let other = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e1f";
        let upper = |member: &str| json!(of(member).as_str().expect("a text").to_uppercase());
        let mut rows: Vec<(&str, Value)> = Vec::new();
        for member in ["iss", "aud"] {
            let slash = format!("{}/", of(member).as_str().expect("a text"));
            rows.extend([
                (member, json!(ABSENT)),
                (member, json!(null)),
                (member, json!("")),
                (member, json!([of(member)])),
                (member, json!([of(member), "https://evil.example"])),
                (member, json!("https://evil.example")),
                (member, json!(slash)),
                (member, upper(member)),
                (member, json!(true)),
            ]);
        }
        for member in ["sub", "sid", "tid", "fam"] {
            rows.extend([
                (member, json!(null)),
                (member, json!("")),
                (member, json!(7)),
                (member, json!([of(member)])),
                (member, json!({"id": of(member)})),
                (member, json!(other)),
            ]);
        }
        rows.push(("tid", json!(foreign)));
        rows.push(("tid", json!("../../")));
        rows.extend(self.types());
        rows.extend([
            ("jti", json!(7)),
            ("roles", json!("owner")),
            ("roles", json!([7])),
            ("scope", json!(["user.members.read"])),
            ("scope", json!(null)),
            ("client_id", json!(null)),
            ("admin", json!(true)),
            ("perms", json!(["user.members.read"])),
            ("system_admin", json!(true)),
            ("nbf", json!(0)),
            ("nbf", json!(99_999_999_999_i64)),
            ("cnf", json!({"jkt": "AAAA"})),
            ("act", json!({"sub": other})),
        ]);
        let told = |(member, to): (&str, Value)| {
            let token = self.claimed(&Self::with(&self.claims, member, to.clone()));
            (format!("claim {member} is {}", brief(&to)), token)
        };
        rows.into_iter().map(told).collect()
    }

    /// Claims that are left out, or of another type.
    fn types(&self) -> Vec<(&'static str, Value)> {
        let of = |member: &str| self.claims[member].clone();
        let mut rows: Vec<(&str, Value)> = Vec::new();
        for member in ["sub", "sid", "fam", "iat", "exp", "jti", "epoch", "client_id", "gen"] {
            rows.push((member, json!(ABSENT)));
        }
        for member in ["exp", "iat", "epoch", "gen"] {
            let text = of(member).to_string();
            rows.extend([
                (member, json!(text)),
                (member, json!(null)),
                (member, json!([of(member)])),
                (member, json!({})),
                (member, json!(1.5)),
                (member, json!(1e30)),
                (member, json!(true)),
            ]);
        }
        rows
    }

    /// Not its time.
    fn clocks(&self) -> Vec<Forged> {
        let now = self.claims["iat"].as_i64().expect("a time");
        let rows = [
            ("expired", now - 600, now - 1),
            ("expires as it is shown", now - 300, now),
            ("signed in the future", now + 120, now + 420),
            ("lives an hour", now, now + 3_600),
            ("lives for good", now, i64::MAX),
            ("dies before it is born", now, now - 1),
            ("never lives", now + 5, now + 5),
            ("was born with the age", 0, now + 300),
            ("was born before it", -1, now + 300),
            ("overflows", i64::MIN, i64::MAX),
        ];
        let told = |(what, iat, exp): (&str, i64, i64)| {
            let claims =
                Self::with(&Self::with(&self.claims, "iat", json!(iat)), "exp", json!(exp));
            (format!("clock: {what}"), self.claimed(&claims))
        };
        rows.into_iter().map(told).collect()
    }

    /// Members that stand twice: whoever reads the first and whoever reads the last must not disagree.
    fn doubles(&self) -> Vec<Forged> {
        let (header, claims) = (self.header.to_string(), self.claims.to_string());
        let mut forged = Vec::new();
        for member in ["alg", "kid", "typ"] {
            let again = format!(r#"{{"{member}":{},{}"#, self.header[member], &header[1..]);
            forged.push((format!("header {member} stands twice"), self.signed(&again, &claims)));
        }
        for member in ["iss", "aud", "sub", "exp", "iat", "tid", "sid", "fam", "roles"] {
            let again = format!(r#"{{"{member}":{},{}"#, self.claims[member], &claims[1..]);
            forged.push((format!("claim {member} stands twice"), self.signed(&header, &again)));
        }
        let escaped = format!(r#"{{"s\u0075b":{},{}"#, self.claims["sub"], &claims[1..]);
        forged
            .push(("claim sub stands twice, once escaped".into(), self.signed(&header, &escaped)));
        for (what, text) in [
            ("an array", format!("[{claims}]")),
            ("a text", json!(claims).to_string()),
            ("null", "null".into()),
            ("nothing", String::new()),
            ("not JSON", "{".into()),
            ("JSON and more", format!("{claims}{claims}")),
            ("JSON and a brace", format!("{claims}}}")),
            ("an empty object", "{}".into()),
            ("a comment", format!("/**/{claims}")),
        ] {
            forged.push((format!("claims are {what}"), self.signed(&header, &text)));
        }
        for (what, text) in [
            ("an array", format!("[{header}]")),
            ("a text", json!(header).to_string()),
            ("null", "null".into()),
            ("nothing", String::new()),
            ("JSON and more", format!("{header} {header}")),
        ] {
            forged.push((format!("header is {what}"), self.signed(&text, &claims)));
        }
        forged
    }
}

/// Says that a member is left out.
const ABSENT: &str = "\u{1}absent";

pub(super) fn message(header: &str, claims: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

pub(super) fn brief(value: &Value) -> String {
    let text = value.to_string();
    match value.as_str() {
        Some(ABSENT) => "absent".into(),
        _ => text.chars().take(60).collect(),
    }
}
