//! A passkey device in software (Web Authentication Level 3): P-256 keys, attestation `none`, hand-made CBOR. It answers
//! as a browser does, or with one thing twisted.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde_json::{Value, json};
use uuid::Uuid;

/// Bits of the flags of authenticator data (section 6.1).
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// A device with keys.
pub struct Authenticator {
    origin: String,
    keys: Vec<Held>,
}

struct Held {
    id: Vec<u8>,
    user: Vec<u8>,
    pair: EcdsaKeyPair,
    counter: u32,
}

/// What is done otherwise than the standard wants. The usual device does nothing otherwise.
#[derive(Debug, Clone, Default)]
pub struct Twist {
    /// Another page's origin.
    pub origin: Option<String>,
    /// Another party's id.
    pub rp_id: Option<String>,
    /// Another challenge, in base64url.
    pub challenge: Option<String>,
    /// Another ceremony's type.
    pub kind: Option<&'static str>,
    /// Made in a frame of another site.
    pub cross_origin: bool,
    /// The site around the frame.
    pub top_origin: Option<String>,
    /// Nobody touched the device.
    pub absent: bool,
    /// The device did not verify its person.
    pub unverified: bool,
    /// Another counter than the next one.
    pub counter: Option<u32>,
    /// The signature is of something else.
    pub spoilt: bool,
    /// Another key signs.
    pub foreign_key: bool,
    /// Another person is named; `Some(None)` for nobody.
    pub user: Option<Option<Uuid>>,
    /// Another key's id is named.
    pub id: Option<Vec<u8>>,
    /// Another algorithm is named (COSE).
    pub algorithm: Option<i8>,
    /// Authenticator data is cut short by so many bytes.
    pub cut: usize,
}

impl Authenticator {
    /// A device whose browser shows pages of `origin`.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Self { origin: origin.to_owned(), keys: Vec::new() }
    }

    /// The ids of its keys, the newest last.
    #[must_use]
    pub fn ids(&self) -> Vec<Vec<u8>> {
        self.keys.iter().map(|key| key.id.clone()).collect()
    }

    /// Makes a key: JSON options in, JSON answer out (`navigator.credentials.create`).
    pub fn create(&mut self, options: &str) -> String {
        self.create_with(options, &Twist::default())
    }

    /// The same, with a twist.
    pub fn create_with(&mut self, options: &str, twist: &Twist) -> String {
        let options: Value = serde_json::from_str(options).expect("options are JSON");
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        let id = twist.id.clone().unwrap_or_else(|| Uuid::new_v4().as_bytes().to_vec());
        let user = options["user"]["id"].as_str().expect("a user");
        let rp_id = options["rp"]["id"].as_str().expect("a party");
        let mut data = authenticator_data(rp_id, ATTESTED, twist.counter.unwrap_or(1), twist);
        data.extend([0; 16]);
        data.extend(u16::try_from(id.len()).expect("short").to_be_bytes());
        data.extend(&id);
        data.extend(cose_key(pair.public_key().as_ref(), twist.algorithm.unwrap_or(-7)));
        data.truncate(data.len() - twist.cut);
        let mut object = vec![0xa3];
        object.extend(text("fmt"));
        object.extend(text("none"));
        object.extend(text("attStmt"));
        object.push(0xa0);
        object.extend(text("authData"));
        object.extend(bytes(&data));
        let client = self.client_data("webauthn.create", &options, twist);
        let user = BASE64.decode(user).expect("base64url");
        self.keys.push(Held { id: id.clone(), user, pair, counter: 1 });
        json!({
            "id": BASE64.encode(&id),
            "rawId": BASE64.encode(&id),
            "type": "public-key",
            "response": {
                "clientDataJSON": BASE64.encode(client),
                "attestationObject": BASE64.encode(object),
                "transports": ["internal"],
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }

    /// Proves by a key, the newest that the options allow: JSON options in, JSON answer out (`navigator.credentials.get`).
    pub fn get(&mut self, options: &str) -> String {
        self.get_with(options, &Twist::default())
    }

    /// The same, with a twist.
    ///
    /// # Panics
    /// Where the device has none of the keys that are asked for, as a browser would say.
    pub fn get_with(&mut self, options: &str, twist: &Twist) -> String {
        let options: Value = serde_json::from_str(options).expect("options are JSON");
        let allowed = options["allowCredentials"].as_array().cloned().unwrap_or_default();
        let fits = |held: &&mut Held| {
            let id = BASE64.encode(&held.id);
            allowed.is_empty() || allowed.iter().any(|one| one["id"] == id)
        };
        let client = self.client_data("webauthn.get", &options, twist);
        let held = self.keys.iter_mut().rev().find(fits).expect("a key that is asked for");
        held.counter += 1;
        let counter = twist.counter.unwrap_or(held.counter);
        let rp_id = options["rpId"].as_str().expect("a party");
        let mut data = authenticator_data(rp_id, 0, counter, twist);
        data.truncate(data.len() - twist.cut);
        let mut signed = data.clone();
        signed.extend(digest(&SHA256, client.as_bytes()).as_ref());
        if twist.spoilt {
            signed.push(0);
        }
        let other = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        let signer = if twist.foreign_key { &other } else { &held.pair };
        let signature = signer.sign(&SystemRandom::new(), &signed).expect("signs");
        let user = match twist.user {
            Some(other) => other.map(|id| id.as_bytes().to_vec()),
            None => Some(held.user.clone()),
        };
        let id = BASE64.encode(twist.id.as_ref().unwrap_or(&held.id));
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "response": {
                "clientDataJSON": BASE64.encode(client),
                "authenticatorData": BASE64.encode(data),
                "signature": BASE64.encode(signature.as_ref()),
                "userHandle": user.map(|user| BASE64.encode(user)),
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }

    fn client_data(&self, kind: &str, options: &Value, twist: &Twist) -> String {
        let asked = options["challenge"].as_str().expect("a challenge");
        let mut data = json!({
            "type": twist.kind.unwrap_or(kind),
            "challenge": twist.challenge.as_deref().unwrap_or(asked),
            "origin": twist.origin.as_deref().unwrap_or(&self.origin),
            "crossOrigin": twist.cross_origin,
        });
        if let Some(top) = &twist.top_origin {
            data["topOrigin"] = json!(top);
        }
        data.to_string()
    }
}

/// Hash of the party's id, flags, counter (section 6.1).
fn authenticator_data(rp_id: &str, more: u8, counter: u32, twist: &Twist) -> Vec<u8> {
    let rp_id = twist.rp_id.as_deref().unwrap_or(rp_id);
    let mut flags = more;
    if !twist.absent {
        flags |= PRESENT;
    }
    if !twist.unverified {
        flags |= VERIFIED;
    }
    let mut data = digest(&SHA256, rp_id.as_bytes()).as_ref().to_vec();
    data.push(flags);
    data.extend(counter.to_be_bytes());
    data
}

/// A point on P-256 as COSE key (RFC 9053, section 7.1.1): `{1: 2, 3: alg, -1: 1, -2: x, -3: y}`.
fn cose_key(point: &[u8], algorithm: i8) -> Vec<u8> {
    let mut key = vec![0xa5, 0x01, 0x02, 0x03];
    key.push(match algorithm {
        0.. => algorithm.unsigned_abs(),
        below => 0x20 + below.unsigned_abs() - 1,
    });
    key.extend([0x20, 0x01, 0x21]);
    key.extend(bytes(&point[1..33]));
    key.push(0x22);
    key.extend(bytes(&point[33..65]));
    key
}

/// A short text in CBOR (RFC 8949).
fn text(text: &str) -> Vec<u8> {
    let mut item = vec![0x60 + u8::try_from(text.len()).expect("short")];
    item.extend(text.as_bytes());
    item
}

/// Bytes in CBOR.
fn bytes(bytes: &[u8]) -> Vec<u8> {
    let mut item = match u8::try_from(bytes.len()) {
        Ok(short) => vec![0x58, short],
        Err(_) => {
            let [high, low] = u16::try_from(bytes.len()).expect("short").to_be_bytes();
            vec![0x59, high, low]
        }
    };
    item.extend(bytes);
    item
}
