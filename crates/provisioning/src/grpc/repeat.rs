//! What makes a call repeatable: its key, and a digest of all else.

use aws_lc_rs::digest;
use kernel::Cx;
use prost::Message;
use tonic::Status;
use wire::parse;

/// The call's context with its key, from the body or the header Idempotency-Key, and the digest of a request whose key
/// was taken out.
pub(super) fn repeatable(
    cx: Cx,
    key: &str,
    request: &impl Message,
) -> Result<(Cx, Vec<u8>), Status> {
    let fingerprint = digest::digest(&digest::SHA256, &request.encode_to_vec()).as_ref().to_vec();
    if key.is_empty() {
        return Ok((cx, fingerprint));
    }
    let key = parse("idempotency_key", key, |key| checked(&cx, key))?;
    Ok((Cx { idempotency_key: Some(key), ..cx }, fingerprint))
}

fn checked(cx: &Cx, key: &str) -> Result<String, &'static str> {
    if key.len() > 255 || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("must hold 1 to 255 visible ASCII characters");
    }
    if cx.idempotency_key.as_ref().is_some_and(|header| header != key) {
        return Err("differs from the header Idempotency-Key");
    }
    Ok(key.to_owned())
}
