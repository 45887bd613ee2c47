//! The master key: where it comes from and which ones are refused.

use std::{collections::BTreeSet, path::Path};

use base64::{Engine, alphabet, engine::GeneralPurposeConfig, engine::general_purpose};
use secrecy::SecretBox;

use super::{ConfigError, Profile, SecretArg};

/// 32 bytes that wrap the data keys of all tenants.
pub type MasterKey = SecretBox<[u8; 32]>;

const KEY: &str = "USHER_MASTER_KEY";
const FILE_KEY: &str = "USHER_MASTER_KEY_FILE";
const EXPECTED: &str = "expected 32 random bytes as base64 or hex, such as the output of \
                        `openssl rand -base64 32`";

/// The published key of development. It protects nothing, and production refuses it.
const DEVELOPMENT: &[u8; 32] = b"usher-development-key-not-secret";

/// The key of Usher's own tests, published with them.
const OF_TESTS: &str = "91d574e44f0a11c57f4c6a13c33c16325203844074591fc23e15a9d8dd42d128";

/// Random keys have about 30 distinct bytes; one with fewer than this was typed by hand.
const LEAST_DISTINCT_BYTES: usize = 12;

/// Decides on the master key from the two ways of giving it.
pub(super) fn resolve(
    profile: Profile,
    inline: Option<&SecretArg>,
    file: Option<&Path>,
) -> Result<MasterKey, ConfigError> {
    let (key, bytes) = match (inline, file) {
        (Some(_), Some(_)) => {
            return Err(invalid(KEY, format!("{FILE_KEY} is set too: keep only one of them")));
        }
        (Some(text), None) => (KEY, decode(KEY, text.expose().as_bytes())?),
        (None, Some(path)) => (FILE_KEY, read(path)?),
        (None, None) => match profile {
            Profile::Dev => return Ok(SecretBox::new(Box::new(*DEVELOPMENT))),
            Profile::Production => {
                return Err(ConfigError::Missing {
                    key: KEY,
                    remedy: "give 32 random bytes as base64 or hex, such as the output of \
                             `openssl rand -base64 32`, here or in the file named by \
                             USHER_MASTER_KEY_FILE",
                });
            }
        },
    };
    if profile == Profile::Production {
        refuse_weak(key, &bytes)?;
    }
    Ok(SecretBox::new(Box::new(bytes)))
}

fn read(path: &Path) -> Result<[u8; 32], ConfigError> {
    let content = std::fs::read(path)
        .map_err(|error| invalid(FILE_KEY, format!("cannot read {}: {error}", path.display())))?;
    match <[u8; 32]>::try_from(content.as_slice()) {
        Ok(raw) => Ok(raw),
        Err(_) => decode(FILE_KEY, &content),
    }
}

fn decode(key: &'static str, text: &[u8]) -> Result<[u8; 32], ConfigError> {
    let text = text.trim_ascii();
    let bytes = if text.len() == 64
        && let Ok(bytes) = hex::decode(text)
    {
        bytes
    } else {
        base64_of_any_kind(text)
            .ok_or_else(|| invalid(key, format!("it is neither base64 nor hex; {EXPECTED}")))?
    };
    let length = bytes.len();
    <[u8; 32]>::try_from(bytes)
        .map_err(|_| invalid(key, format!("it holds {length} bytes; {EXPECTED}")))
}

fn base64_of_any_kind(text: &[u8]) -> Option<Vec<u8>> {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent);
    [alphabet::STANDARD, alphabet::URL_SAFE].iter().find_map(|alphabet| {
        general_purpose::GeneralPurpose::new(alphabet, lenient).decode(text).ok()
    })
}

fn refuse_weak(key: &'static str, bytes: &[u8; 32]) -> Result<(), ConfigError> {
    let distinct = bytes.iter().collect::<BTreeSet<_>>().len();
    let published = bytes == DEVELOPMENT || hex::encode(bytes) == OF_TESTS;
    let typed = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
    let step = bytes[1].wrapping_sub(bytes[0]);
    let walks = bytes.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step);
    if published || typed || walks || distinct < LEAST_DISTINCT_BYTES {
        let reason =
            format!("the production profile refuses a published or made-up key; {EXPECTED}");
        return Err(invalid(key, reason));
    }
    Ok(())
}

fn invalid(key: &'static str, reason: String) -> ConfigError {
    ConfigError::Invalid { key, reason }
}
