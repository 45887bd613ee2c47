//! How an app proves which one it is: by the header, or by the form; by a secret, or by what it has signed.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header::AUTHORIZATION};
use wire::auth::v1::ClientProof;

use super::{Refusal, decoded};

/// The one kind of assertion (RFC 7523, section 2.2).
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The app's proof, which stands in one place alone.
pub(super) fn read(
    headers: &HeaderMap,
    fields: &mut BTreeMap<String, String>,
) -> Result<ClientProof, Refusal> {
    let client_id = fields.remove("client_id").unwrap_or_default();
    let secret = fields.remove("client_secret");
    let kind = fields.remove("client_assertion_type");
    let assertion = fields.remove("client_assertion");
    let twice = || Refusal::request("The app names itself in two ways.");
    let header = headers.get(AUTHORIZATION);
    if kind.is_some() || assertion.is_some() {
        if secret.is_some() || header.is_some() {
            return Err(twice());
        }
        let client_assertion = assertion.unwrap_or_default();
        if kind.as_deref() != Some(ASSERTION) || client_assertion.is_empty() {
            return Err(Refusal::client("The app proves itself in a way that is not known here."));
        }
        return Ok(ClientProof { client_id, client_assertion, ..ClientProof::default() });
    }
    let Some(value) = header else {
        let client_secret = secret.unwrap_or_default();
        return Ok(ClientProof { client_id, client_secret, ..ClientProof::default() });
    };
    let basic = || {
        let (scheme, text) = value.to_str().ok()?.split_once(' ')?;
        let text = STANDARD.decode(text).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
        let text = String::from_utf8(text).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some((decoded(id.as_bytes())?, decoded(secret.as_bytes())?))
    };
    let (id, shown) = basic().ok_or_else(|| Refusal::client("Authorization must be Basic."))?;
    if secret.is_some() || !(client_id.is_empty() || client_id == id) {
        return Err(twice());
    }
    Ok(ClientProof { client_id: id, client_secret: shown, ..ClientProof::default() })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn proof(
        header: Option<&'static str>,
        fields: &[(&str, &str)],
    ) -> Result<ClientProof, &'static str> {
        let mut headers = HeaderMap::new();
        headers.extend(header.map(|value| (AUTHORIZATION, HeaderValue::from_static(value))));
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        read(&headers, &mut fields.collect()).map_err(|refusal| refusal.error)
    }

    #[test]
    fn an_app_proves_itself_in_one_way() {
        let secret = proof(None, &[("client_id", "a"), ("client_secret", "s")]).expect("reads");
        assert_eq!((secret.client_id.as_str(), secret.client_secret.as_str()), ("a", "s"));
        let basic = proof(Some("Basic YTpz"), &[("client_id", "a")]).expect("reads");
        assert_eq!((basic.client_id.as_str(), basic.client_secret.as_str()), ("a", "s"));
        let signed = [("client_assertion_type", ASSERTION), ("client_assertion", "x.y.z")];
        let read = proof(None, &signed).expect("reads");
        assert_eq!((read.client_id.as_str(), read.client_assertion.as_str()), ("", "x.y.z"));
    }

    #[test]
    fn two_ways_and_unknown_ones_are_refused() {
        let kind = ("client_assertion_type", ASSERTION);
        let signed = ("client_assertion", "x.y.z");
        for (header, fields, error) in [
            (None, &[kind, signed, ("client_secret", "s")][..], "invalid_request"),
            (Some("Basic YTpz"), &[kind, signed][..], "invalid_request"),
            (Some("Basic YTpz"), &[("client_secret", "s")][..], "invalid_request"),
            (Some("Basic YTpz"), &[("client_id", "b")][..], "invalid_request"),
            (Some("Bearer x"), &[][..], "invalid_client"),
            (None, &[kind][..], "invalid_client"),
            (None, &[kind, ("client_assertion", "")][..], "invalid_client"),
            (None, &[signed][..], "invalid_client"),
            (
                None,
                &[signed, ("client_assertion_type", "urn:x:saml2-bearer")][..],
                "invalid_client",
            ),
        ] {
            assert_eq!(proof(header, fields).err(), Some(error), "{fields:?}");
        }
    }
}
