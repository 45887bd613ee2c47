//! Tokens of a wrong form, and those of others.

use aws_lc_rs::signature::KeyPair;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use super::forge::{Forge, Forged, message};

impl Forge {
    /// Another form than three parts of base64url, each in its one spelling.
    pub(super) fn forms(&self) -> Vec<Forged> {
        let parts: Vec<&str> = self.genuine.split('.').collect();
        let [header, claims, signature] = parts[..] else { panic!("three parts") };
        let raw = URL_SAFE_NO_PAD.decode(signature).expect("base64");
        let mut bent = signature.to_owned();
        // 64 bytes leave four bits of the last character unused; a second spelling sets one of them.
        let last = bent.pop().expect("a character");
        let second = ALPHABET[(ALPHABET.iter().position(|&c| c == last).expect("known")) ^ 1];
        bent.push(second);
        let long = Self::with(&self.claims, "jti", json!("j".repeat(4_000)));
        let rows = [
            ("two parts", format!("{header}.{claims}")),
            ("no signature", format!("{header}.{claims}.")),
            ("no claims", format!("{header}..{signature}")),
            ("no header", format!(".{claims}.{signature}")),
            ("dots alone", "..".into()),
            ("one dot", ".".into()),
            ("a leading dot", format!(".{}", self.genuine)),
            ("a trailing dot", format!("{}.", self.genuine)),
            ("four parts", format!("{}.{signature}", self.genuine)),
            ("five parts, as a JWE", format!("{header}.{claims}.{signature}.{claims}.{signature}")),
            ("a truncated signature", self.genuine[..self.genuine.len() - 2].to_owned()),
            ("half a signature", format!("{header}.{claims}.{}", &signature[..43])),
            ("a longer signature", format!("{}AAAA", self.genuine)),
            ("a second spelling of the signature", format!("{header}.{claims}.{bent}")),
            ("a padded signature", format!("{header}.{claims}.{}", URL_SAFE.encode(&raw))),
            ("a padded header", format!("{header}=.{claims}.{signature}")),
            ("padded claims", format!("{header}.{claims}==.{signature}")),
            ("base64 that is not base64url", {
                let header = STANDARD.encode(URL_SAFE_NO_PAD.decode(header).expect("base64"));
                format!("{header}.{claims}.+/{}", &signature[2..])
            }),
            ("lower case", self.genuine.to_lowercase()),
            ("upper case", self.genuine.to_uppercase()),
            ("the signature of other claims", {
                let other = self.claimed(&Self::with(&self.claims, "jti", json!("other")));
                format!("{header}.{claims}.{}", other.rsplit_once('.').expect("parts").1)
            }),
            ("parts in another order", format!("{claims}.{header}.{signature}")),
            (
                "a token in a token",
                self.signed(&self.header.to_string(), &json!(self.genuine).to_string()),
            ),
            (
                "a token as claims",
                format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(&self.genuine)),
            ),
            ("4,000 characters too many", self.claimed(&long)),
            ("twice", format!("{0}.{0}", self.genuine)),
        ];
        rows.into_iter().map(|(what, token)| (format!("form: {what}"), token)).collect()
    }

    /// What somebody without our key can make.
    pub(super) fn strangers(&self, foreign: &str) -> Vec<Forged> {
        let by_stranger = |header: &Value, claims: &Value| {
            let message = message(&header.to_string(), &claims.to_string());
            let signature = self.stranger.sign(message.as_bytes());
            format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
        };
        let spliced = |claims: &Value| {
            let (signed, signature) = self.genuine.rsplit_once('.').expect("parts");
            let header = signed.split_once('.').expect("parts").0;
            format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(claims.to_string()))
        };
        let elsewhere = Self::with(&self.claims, "tid", json!(foreign));
        let owner = Self::with(&self.claims, "roles", json!(["owner", "super_admin"]));
        let longer = Self::with(
            &self.claims,
            "exp",
            json!(self.claims["exp"].as_i64().expect("a time") + 60),
        );
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.header["kid"],
                         "x": URL_SAFE_NO_PAD.encode(self.stranger.public_key().as_ref())});
        let own_kid =
            Self::with(&self.header, "kid", json!("0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e1f"));
        let rows = [
            ("another key under our name", by_stranger(&self.header, &self.claims)),
            ("another key under its own name", by_stranger(&own_kid, &self.claims)),
            ("another key that it brings along", {
                by_stranger(&Self::with(&self.header, "jwk", jwk), &self.claims)
            }),
            ("another tenant in the claims", spliced(&elsewhere)),
            ("roles in the claims", spliced(&owner)),
            ("a longer life", spliced(&longer)),
            ("another key and another tenant", by_stranger(&self.header, &elsewhere)),
            ("no bytes but zeros as signature", {
                let (signed, _) = self.genuine.rsplit_once('.').expect("parts");
                format!("{signed}.{}", "A".repeat(86))
            }),
        ];
        rows.into_iter().map(|(what, token)| (format!("stranger: {what}"), token)).collect()
    }
}

const ALPHABET: [char; 64] = {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut all = ['A'; 64];
    let mut at = 0;
    while at < 64 {
        all[at] = letters[at] as char;
        at += 1;
    }
    all
};
