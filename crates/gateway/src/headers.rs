//! Headers at the border: what callers may not say, and what browsers must be told.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::client::Scheme;

/// What a page may do: load its own files, send forms to itself, be framed by nobody.
const PAGE: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
                    form-action 'self'; frame-ancestors 'none'";
/// What data may do when a browser takes it for a page: nothing.
const DATA: &str = "default-src 'none'; frame-ancestors 'none'";

/// Drops what only we may say to our services, and what a proxy said that was read already.
pub(crate) fn cleanse(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> =
        headers.keys().filter(|name| is_identity(name.as_str())).cloned().collect();
    for name in named {
        headers.remove(name);
    }
}

/// Also by a name that differs in `_` for `-`, which some readers take for the same.
fn is_identity(name: &str) -> bool {
    let name = name.replace('_', "-");
    ["usher-", "x-forwarded-", "x-http-method", "x-master-", "x-updspace-", "x-user-", "x-usher-"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
        || ["forwarded", "x-method-override", "x-real-ip", "x-tenant-slug"].contains(&name.as_str())
}

/// Tells browsers how careful to be; a handler that has said so itself is left alone.
pub(crate) fn secure(headers: &mut HeaderMap, scheme: Scheme) {
    let is_page = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let fields = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Invitation links carry their token in the path.
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, if is_page { PAGE } else { DATA }),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fields {
        headers.entry(name).or_insert_with(|| HeaderValue::from_static(value));
    }
    if scheme == Scheme::Https {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_from_outside_is_dropped_and_the_rest_stays() {
        let mut headers = HeaderMap::new();
        for name in [
            "usher-passport",
            "usher-tenant",
            "x-forwarded-for",
            "x-user-id",
            "forwarded",
            "x-real-ip",
            "x-http-method-override",
            "usher_passport",
            "x_forwarded-for",
            "x_real_ip",
            "x-master-flags",
            "x_master_flags",
            "x-tenant-slug",
            "x-updspace-signature",
            "x-usher-signature",
            "accept",
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("x"));
        }
        cleanse(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["accept"]);
    }

    #[test]
    fn pages_and_data_get_a_policy_each() {
        let mut page = HeaderMap::new();
        page.insert("content-type", HeaderValue::from_static("text/html; charset=utf-8"));
        secure(&mut page, Scheme::Https);
        assert_eq!(page["content-security-policy"], PAGE);
        assert!(page.contains_key("strict-transport-security"));
        let mut data = HeaderMap::new();
        secure(&mut data, Scheme::Http);
        assert_eq!(data["content-security-policy"], DATA);
        assert!(!data.contains_key("strict-transport-security"));
    }
}
