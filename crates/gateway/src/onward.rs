//! Where a browser was going when it was sent to sign in.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue};

use crate::{
    client::Scheme,
    credential::{Name, find_cookie, write_cookie},
    problem::Problem,
};

/// Holds the page; the browser alone knows it, so no link can choose where a sign-in leads.
const ONWARD: Name = Name { secure: "__Host-usher-onward", plain: "usher-onward" };

/// Seconds in which somebody signs in.
const LIFE: u64 = 600;

/// Bytes of an address that is kept; a longer one has to be opened again.
const LONGEST: usize = 2_048;

/// The value of `Set-Cookie` that leads on to this page of ours after the sign-in; none leads nowhere any more.
///
/// # Errors
/// 500 when it cannot stand in a header, which no such text brings about.
pub fn onward_cookie(scheme: Scheme, page: Option<&str>) -> Result<HeaderValue, Problem> {
    match page.filter(|page| is_ours(page)) {
        Some(page) => write_cookie(&ONWARD, scheme, &BASE64_URL_SAFE_NO_PAD.encode(page), LIFE),
        None => write_cookie(&ONWARD, scheme, "", 0),
    }
}

/// The page that this browser was sent away from.
#[must_use]
pub fn onward(headers: &HeaderMap, scheme: Scheme) -> Option<String> {
    let kept = find_cookie(&ONWARD, headers, scheme, |value| value.len() <= 2 * LONGEST)?;
    let page = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(kept).ok()?).ok()?;
    is_ours(&page).then_some(page)
}

/// A path of this very host: browsers take `//` and `/\\` for the beginning of another one.
fn is_ours(page: &str) -> bool {
    page.len() <= LONGEST
        && page.starts_with('/')
        && !page.starts_with("//")
        && page.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn led(page: &str) -> Option<String> {
        let cookie = onward_cookie(Scheme::Https, Some(page)).expect("a cookie");
        let pair = cookie.to_str().expect("text").split(';').next().expect("a pair").to_owned();
        let mut headers = HeaderMap::new();
        headers.insert("cookie", pair.parse().expect("a header"));
        onward(&headers, Scheme::Https)
    }

    #[test]
    fn a_sign_in_leads_back_to_the_page_and_its_query() {
        for page in ["/", "/t/acme/oauth/authorize?client_id=a&scope=openid%20email", "/device"] {
            assert_eq!(led(page).as_deref(), Some(page));
        }
    }

    #[test]
    fn it_leads_to_no_other_host() {
        let long = format!("/{}", "a".repeat(LONGEST));
        let foreign = [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "",
            "evil",
            "/a b",
            "/a\r\nb",
        ];
        for page in foreign.into_iter().chain([long.as_str()]) {
            assert_eq!(led(page), None, "{page:?}");
            let mut headers = HeaderMap::new();
            let planted = format!("__Host-usher-onward={}", BASE64_URL_SAFE_NO_PAD.encode(page));
            headers.insert("cookie", planted.parse().expect("a header"));
            assert_eq!(onward(&headers, Scheme::Https), None, "planted: {page:?}");
        }
    }

    #[test]
    fn a_cookie_without_the_hosts_binding_counts_for_nothing_over_tls() {
        let mut headers = HeaderMap::new();
        let planted = format!("usher-onward={}", BASE64_URL_SAFE_NO_PAD.encode("/account"));
        headers.insert("cookie", planted.parse().expect("a header"));
        assert_eq!(onward(&headers, Scheme::Https), None);
        assert_eq!(onward(&headers, Scheme::Http).as_deref(), Some("/account"));
    }
}
