//! What a marketplace token tells: its seller, and the few characters that may be shown.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// The claim `sid` of the token's payload. The signature is not looked at: only the marketplace
/// could. None when the token is no JWT or names no seller.
pub(super) fn seller(token: &str) -> Option<String> {
    let mut parts = token.split('.');
    let (_head, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    match claims.get("sid")? {
        Value::String(sid) if !sid.is_empty() => Some(sid.clone()),
        Value::Number(sid) => Some(sid.to_string()),
        _ => None,
    }
}

/// The last 6 characters.
pub(super) fn suffix(token: &str) -> String {
    let start = token.char_indices().rev().nth(5).map_or(0, |(at, _)| at);
    token[start..].to_owned()
}
