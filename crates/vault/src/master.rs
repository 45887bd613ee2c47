//! The keys from outside: read once, checked, never printed.

use std::fmt;

use aws_lc_rs::hmac;
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::{
    Error, Result, SubKey,
    aead::{self, KeyBytes},
};

/// Why a text is no master key. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadKey {
    /// Neither 64 hexadecimal digits nor the base64 of 32 bytes.
    #[error("a master key is 32 random bytes, written as 64 hexadecimal digits or as base64")]
    Malformed,
    /// 32 bytes, yet not random: zeros, a pattern, a sample, a typed phrase.
    #[error("the master key is not random; make one with `openssl rand -base64 32`")]
    NotRandom,
}

/// 256 random bits that wrap the tenants' data keys and from which [`SubKey`]s derive.
#[derive(Clone)]
pub struct MasterKey(KeyBytes);

impl MasterKey {
    /// Reads a key from configuration: hexadecimal or base64 (with or without padding, either alphabet).
    ///
    /// # Errors
    /// [`BadKey`] for anything but exactly 32 bytes, and for 32 bytes that nobody drew at random.
    pub fn parse(text: &SecretString) -> Result<Self, BadKey> {
        let text = text.expose_secret().trim();
        let bytes = if text.len() == 64 { hex::decode(text).ok() } else { from_base64(text) };
        let bytes = Zeroizing::new(bytes.ok_or(BadKey::Malformed)?);
        let key: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| BadKey::Malformed)?;
        if looks_random(key) { Ok(Self(Zeroizing::new(*key))) } else { Err(BadKey::NotRandom) }
    }

    /// Draws a new key and writes it as [`MasterKey::parse`] reads it, for a file that only its owner can read.
    ///
    /// # Errors
    /// [`Error::Crypto`] where the system gives no randomness.
    pub fn draw() -> Result<SecretString> {
        let key = aead::random_key().map_err(|_| Error::Crypto)?;
        Ok(base64::engine::general_purpose::STANDARD.encode(key.as_slice()).into())
    }

    /// A fingerprint (16 hexadecimal digits) that tells keys apart and reveals nothing of them.
    #[must_use]
    pub fn id(&self) -> String {
        hex::encode(&self.derive("fingerprint", "")[..8])
    }

    /// The key that wraps data keys; the master itself never encrypts.
    pub(crate) fn wrapping(&self) -> KeyBytes {
        self.derive("wrap data keys", "")
    }

    /// The key of one purpose outside the vault.
    pub(crate) fn sub_key(&self, purpose: &str) -> SubKey {
        SubKey::of(self.derive("sub-key", purpose))
    }

    /// HMAC-SHA256 as a key derivation: `use ‖ 0 ‖ purpose`, where no use holds a zero.
    fn derive(&self, usage: &str, purpose: &str) -> KeyBytes {
        let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &*self.0));
        for part in [usage.as_bytes(), &[0], purpose.as_bytes()] {
            mac.update(part);
        }
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(mac.sign().as_ref());
        key
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id())
    }
}

/// The master key in use, and the others that may wrap some tenant's data key.
///
/// To rotate without an interruption: put the new key among the `older` ones of every process, then make it
/// `current` everywhere, re-wrap, and drop the old key once [`crate::Vault::stale`] names no tenant of any service.
#[derive(Clone, Debug)]
pub struct Keyring {
    /// Wraps whatever is wrapped from now on.
    pub current: MasterKey,
    /// These unwrap only: keys that were replaced, and the next one while it is handed to every process.
    pub older: Vec<MasterKey>,
}

impl Keyring {
    /// The current key, then the older ones.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &MasterKey> {
        std::iter::once(&self.current).chain(&self.older)
    }
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [alphabet::STANDARD, alphabet::URL_SAFE]
        .iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, LENIENT).decode(text).ok())
}

/// 32 random bytes practically never hold fewer than 16 distinct values, walk in equal steps, or are all printable
/// (once in 10^13 draws): what does is a default, a sample or a typed phrase.
fn looks_random(key: &[u8; 32]) -> bool {
    let mut distinct = Zeroizing::new(key.to_vec());
    distinct.sort_unstable();
    distinct.dedup();
    let step = key[1].wrapping_sub(key[0]);
    let walks = key.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step);
    let typed = key.iter().all(|byte| (b' '..=b'~').contains(byte));
    distinct.len() >= 16 && !walks && !typed
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "8f1c5ad3e2709b46c8d11f3a7e6520b94d83f7aa0c5be4169237ce58d1a4067b";

    fn parse(text: &str) -> Result<MasterKey, BadKey> {
        MasterKey::parse(&text.into())
    }

    #[test]
    fn one_key_has_one_id_in_every_spelling() {
        use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
        let raw = hex::decode(HEX).expect("hex");
        let id = parse(HEX).expect("a key").id();
        for text in [
            HEX.to_uppercase(),
            format!("{HEX}\n"),
            STANDARD.encode(&raw),
            STANDARD_NO_PAD.encode(&raw),
            URL_SAFE.encode(&raw),
        ] {
            assert_eq!(parse(&text).expect("the same key").id(), id);
        }
    }

    #[test]
    fn texts_of_another_length_are_refused() {
        for bad in ["", "secret", &HEX[..62], &format!("{HEX}00"), &"z".repeat(64), "AAAA"] {
            assert_eq!(parse(bad).expect_err("malformed"), BadKey::Malformed, "{bad}");
        }
    }

    #[test]
    fn zeros_patterns_and_typed_phrases_are_refused() {
        use base64::engine::general_purpose::STANDARD;
        let ascending: Vec<u8> = (0..32).collect();
        for bad in [
            "0".repeat(64),
            "ff".repeat(32),
            "deadbeef".repeat(8),
            hex::encode(ascending),
            STANDARD.encode("change-me-change-me-change-me-32"),
        ] {
            assert_eq!(parse(&bad).expect_err("not random"), BadKey::NotRandom, "{bad}");
        }
    }

    #[test]
    fn a_drawn_key_is_accepted_and_unlike_any_other() {
        let draw =
            || MasterKey::parse(&MasterKey::draw().expect("randomness")).expect("a good key").id();
        assert_ne!(draw(), draw());
    }

    #[test]
    fn debug_shows_the_fingerprint_only() {
        let key = parse(HEX).expect("a key");
        let printed = format!("{:?}", Keyring { current: key.clone(), older: vec![key.clone()] });
        assert!(printed.contains(&key.id()));
        assert!(!printed.contains(&HEX[..8]) && !printed.contains("143, 28"), "{printed}");
    }
}
