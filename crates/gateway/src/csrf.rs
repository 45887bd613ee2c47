//! Whether another site made the browser call: a change with a browser's own credential must come from our own pages.

use http::{HeaderMap, Method, header};
use kernel::Code;

use crate::{client::Client, problem::Problem};

/// Where forms of other sites are taken on purpose: the page only sends the browser on, without a look at who it is (OpenID
/// RP-Initiated Logout 1.0, section 2).
pub(crate) const OPEN: &str = "/oauth/logout";

/// Refuses a change that a page of another origin made the browser send. Callers with a bearer token are not browsers
/// that act by themselves; callers that send neither `Sec-Fetch-Site` nor `Origin` are no browsers.
pub(crate) fn check(method: &Method, headers: &HeaderMap, client: &Client) -> Result<(), Problem> {
    if method.is_safe() || headers.contains_key(header::AUTHORIZATION) {
        return Ok(());
    }
    let own = match headers.get("sec-fetch-site") {
        // A sibling host (`same-site`) may be another tenant's.
        Some(site) => site == "same-origin" || site == "none",
        None => headers
            .get(header::ORIGIN)
            .is_none_or(|origin| is_own(origin.to_str().unwrap_or_default(), client)),
    };
    if own {
        Ok(())
    } else {
        let detail =
            "A page of another site sent this; send it from our own pages or with a token.";
        Err(Problem::new(Code::Denied, "cross_site", detail))
    }
}

fn is_own(origin: &str, client: &Client) -> bool {
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    match (authority, &client.authority) {
        (Some(theirs), Some(ours)) => theirs.eq_ignore_ascii_case(ours),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Scheme;

    fn verdict(method: Method, pairs: &[(&'static str, &'static str)]) -> bool {
        let client = Client {
            ip: "127.0.0.1".parse().expect("ip"),
            scheme: Scheme::Http,
            authority: Some("acme.localhost:8080".into()),
            host: None,
            request_id: "r".into(),
            user_agent: None,
        };
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().expect("value"));
        }
        check(&method, &headers, &client).is_ok()
    }

    #[test]
    fn changes_from_other_sites_are_refused() {
        for pair in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", ""),
            ("origin", "http://evil.example"),
            ("origin", "http://beta.localhost:8080"),
            ("origin", "http://acme.localhost:8080.evil.example"),
            ("origin", "null"),
            ("origin", ""),
        ] {
            assert!(!verdict(Method::POST, &[pair]), "{pair:?}");
            assert!(!verdict(Method::DELETE, &[("cookie", "usher=t"), pair]), "{pair:?}");
        }
        let both = [("sec-fetch-site", "cross-site"), ("origin", "http://acme.localhost:8080")];
        assert!(!verdict(Method::POST, &both));
    }

    #[test]
    fn own_pages_reads_tokens_and_programs_pass() {
        assert!(verdict(Method::POST, &[("sec-fetch-site", "same-origin")]));
        assert!(verdict(Method::POST, &[("origin", "http://acme.localhost:8080")]));
        assert!(verdict(Method::GET, &[("sec-fetch-site", "cross-site")]));
        let token = [("sec-fetch-site", "cross-site"), ("authorization", "Bearer t")];
        assert!(verdict(Method::POST, &token));
        assert!(verdict(Method::POST, &[]));
    }
}
