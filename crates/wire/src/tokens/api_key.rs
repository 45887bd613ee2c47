//! What an API key looks like: its form tells a real one, and its tenant, without a question.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::TenantId;
use secrecy::SecretString;
use uuid::Uuid;

/// Marks our keys, so that a leaked one is recognised by scanners.
pub const API_KEY_PREFIX: &str = "uk_";
/// Characters of the tenant's id and 32 random bytes.
const BODY: usize = 64;
/// Characters of the checksum.
const SUM: usize = 6;

/// A key of random bytes: the prefix, the tenant and the bytes in base64url, `_`, and a checksum over them.
#[must_use]
pub fn api_key(tenant: TenantId, random: &[u8; 32]) -> SecretString {
    let body = [tenant.uuid().as_bytes() as &[u8], random].concat();
    let body = URL_SAFE_NO_PAD.encode(body);
    format!("{API_KEY_PREFIX}{body}_{}", checksum(&body)).into()
}

/// The tenant of what has the form of a key; `None` for anything else, such as one with a typo.
#[must_use]
pub fn api_key_tenant(text: &str) -> Option<TenantId> {
    let (body, rest) = text.strip_prefix(API_KEY_PREFIX)?.split_at_checked(BODY)?;
    if rest.strip_prefix('_')? != checksum(body) {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(body).ok()?;
    Some(Uuid::from_slice(bytes.get(..16)?).ok()?.into())
}

fn checksum(body: &str) -> String {
    let sum = digest(&SHA256, format!("usher api key {body}").as_bytes());
    let mut text = URL_SAFE_NO_PAD.encode(sum.as_ref());
    text.truncate(SUM);
    text
}
