//! What makes a call repeatable: its key, and a digest of all else.

use aws_lc_rs::digest;
use kernel::Cx;
use prost::Message;
use tonic::Status;

use crate::parse;

/// The call's context with its key, from the body or the header Idempotency-Key, and the SHA-256 of a request whose key
/// was taken out.
///
/// # Errors
/// `INVALID_ARGUMENT` with the field `idempotencyKey` where the body's key is none, or differs from the header's.
pub fn repeatable(cx: Cx, key: &str, request: &impl Message) -> Result<(Cx, Vec<u8>), Status> {
    let fingerprint = digest::digest(&digest::SHA256, &request.encode_to_vec()).as_ref().to_vec();
    if key.is_empty() {
        return Ok((cx, fingerprint));
    }
    let key = parse("idempotencyKey", key, |key| checked(&cx, key))?;
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

#[cfg(test)]
mod tests {
    use kernel::Clock;

    use super::*;
    use crate::code_of;

    fn cx(header: Option<&str>) -> Cx {
        let cx = Cx::of_service("test", None, &Clock::system());
        Cx { idempotency_key: header.map(Into::into), ..cx }
    }

    /// The key that a call goes by, or the field at fault and its problem.
    fn key(header: Option<&str>, body: &str) -> Result<Option<String>, (String, String)> {
        let repeatable = repeatable(cx(header), body, &"request".to_owned());
        repeatable.map(|(cx, _)| cx.idempotency_key).map_err(|status| {
            let fault = code_of(&status).fields.remove(0);
            (fault.field, fault.problem)
        })
    }

    #[test]
    fn a_key_comes_from_the_body_or_the_header() {
        assert_eq!(key(None, ""), Ok(None));
        for (header, body) in [(Some("k"), ""), (None, "k"), (Some("k"), "k")] {
            assert_eq!(key(header, body), Ok(Some("k".into())), "{header:?} {body}");
        }
        assert_eq!(key(None, &"k".repeat(255)), Ok(Some("k".repeat(255))));
    }

    #[test]
    fn a_bad_key_is_refused_under_the_name_that_users_write() {
        for (header, body) in
            [(None, "two words"), (None, "ключ"), (None, &*"k".repeat(256)), (Some("k"), "other")]
        {
            let (field, problem) = key(header, body).expect_err(body);
            assert_eq!(field, "idempotencyKey");
            assert_eq!(problem.starts_with("differs"), header.is_some(), "{problem}");
        }
    }

    #[test]
    fn requests_differ_by_their_digests() {
        let digest = |text: &str| repeatable(cx(None), "", &text.to_owned()).map(|(_, sum)| sum);
        let (one, same, other) = (digest("a"), digest("a"), digest("b"));
        assert_eq!(one.expect("a digest"), same.expect("a digest"));
        assert_ne!(digest("a").expect("a digest"), other.expect("a digest"));
    }
}
