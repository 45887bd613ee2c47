//! What a caller shows of itself: a bearer token, or the session cookie of a browser.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use kernel::Code;
use secrecy::{ExposeSecret, SecretString};
use wire::tokens::{API_KEY_PREFIX, LONGEST};

use crate::{client::Scheme, problem::Problem};

/// A cookie of ours, by its name over TLS (the prefix lets no sibling host and no path plant one) and in the clear, for
/// development.
pub(crate) struct Name {
    pub(crate) secure: &'static str,
    pub(crate) plain: &'static str,
}

/// Holds the session.
const SESSION: Name = Name { secure: "__Host-usher", plain: "usher" };
/// Holds what a sign-in letter is bound to.
const LETTER: Name = Name { secure: "__Host-usher-letter", plain: "usher-letter" };
/// Holds a sign-in that waits for the second factor.
const WAITING: Name = Name { secure: "__Host-usher-waiting", plain: "usher-waiting" };

/// Where software may send its API key.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Holds what stands for the challenge that the browser's device is asked to answer.
const PASSKEY: Name = Name { secure: "__Host-usher-passkey", plain: "usher-passkey" };

/// Holds what a way to a tenant's provider and back is bound to.
const SSO: Name = Name { secure: "__Host-usher-sso", plain: "usher-sso" };

/// Holds what a sign-up is bound to.
const SIGN_UP: Name = Name { secure: "__Host-usher-signup", plain: "usher-signup" };

/// A credential as shown, right or wrong.
#[derive(Debug, Clone)]
pub(crate) enum Credential {
    /// An `Authorization` header; no browser sends it by itself.
    Bearer(SecretString),
    /// A session cookie; a browser sends it also when another site makes it call.
    Cookie(SecretString),
}

impl Credential {
    /// Reads the credential; the header wins over the cookie.
    pub(crate) fn read(headers: &HeaderMap, scheme: Scheme) -> Result<Option<Self>, Problem> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let Some(value) = values.next() else {
            return match read_api_key(headers)? {
                Some(key) => Ok(Some(key)),
                // A cookie holds a session: what software shows is never sent by a browser by itself.
                None => Ok(read_cookie(&SESSION, headers, scheme)
                    .filter(|token| is_session(token.expose_secret()))
                    .map(Self::Cookie)),
            };
        };
        if headers.contains_key(API_KEY) {
            return Err(refused("Send Authorization or X-Api-Key, not both."));
        }
        if values.next().is_some() {
            return Err(refused("Authorization stands once."));
        }
        let text = value.to_str().unwrap_or_default();
        match text.split_once(' ') {
            Some((kind, token)) if kind.eq_ignore_ascii_case("bearer") && is_bearer(token) => {
                Ok(Some(Self::Bearer(token.into())))
            }
            _ => Err(refused("Authorization must be: Bearer, a space, and a token.")),
        }
    }

    /// The token, for the one call that asks whose it is.
    pub(crate) fn token(&self) -> &str {
        match self {
            Self::Bearer(token) | Self::Cookie(token) => token.expose_secret(),
        }
    }
}

/// The refusal of a credential that holds for nobody.
pub(crate) fn refused(detail: &str) -> Problem {
    Problem::new(Code::Unauthenticated, "bad_credential", detail)
}

/// The value of `Set-Cookie` that signs a browser in for `seconds`; 0 signs it out.
///
/// # Errors
/// 500 when the token is none of ours and cannot stand in a cookie.
pub fn session_cookie(
    scheme: Scheme,
    token: &SecretString,
    seconds: u64,
) -> Result<HeaderValue, Problem> {
    set_cookie(&SESSION, scheme, token, seconds)
}

/// The value of `Set-Cookie` that binds a sign-in letter to the browser for `seconds`; 0 unbinds it.
///
/// # Errors
/// As of [`session_cookie`].
pub fn letter_cookie(
    scheme: Scheme,
    binding: &SecretString,
    seconds: u64,
) -> Result<HeaderValue, Problem> {
    set_cookie(&LETTER, scheme, binding, seconds)
}

/// What a sign-in letter is bound to in this browser.
#[must_use]
pub fn letter_binding(headers: &HeaderMap, scheme: Scheme) -> Option<SecretString> {
    read_cookie(&LETTER, headers, scheme)
}

/// The value of `Set-Cookie` that binds a sign-up to the browser for `seconds`; 0 unbinds it.
///
/// # Errors
/// As of [`session_cookie`].
pub fn sign_up_cookie(
    scheme: Scheme,
    binding: &SecretString,
    seconds: u64,
) -> Result<HeaderValue, Problem> {
    set_cookie(&SIGN_UP, scheme, binding, seconds)
}

/// What a sign-up is bound to in this browser.
#[must_use]
pub fn sign_up_binding(headers: &HeaderMap, scheme: Scheme) -> Option<SecretString> {
    read_cookie(&SIGN_UP, headers, scheme)
}

/// The value of `Set-Cookie` that keeps a sign-in waiting for the second factor for `seconds`; 0 gives it up.
///
/// # Errors
/// As of [`session_cookie`].
pub fn waiting_cookie(
    scheme: Scheme,
    token: &SecretString,
    seconds: u64,
) -> Result<HeaderValue, Problem> {
    set_cookie(&WAITING, scheme, token, seconds)
}

/// The sign-in that waits for the second factor in this browser.
#[must_use]
pub fn waiting_token(headers: &HeaderMap, scheme: Scheme) -> Option<SecretString> {
    read_cookie(&WAITING, headers, scheme)
}

/// The value of `Set-Cookie` that binds a passkey's ceremony to the browser for `seconds`; 0 unbinds it.
///
/// # Errors
/// As of [`session_cookie`].
pub fn passkey_cookie(
    scheme: Scheme,
    token: &SecretString,
    seconds: u64,
) -> Result<HeaderValue, Problem> {
    set_cookie(&PASSKEY, scheme, token, seconds)
}

/// The passkey's ceremony that was begun in this browser.
#[must_use]
pub fn passkey_token(headers: &HeaderMap, scheme: Scheme) -> Option<SecretString> {
    read_cookie(&PASSKEY, headers, scheme)
}

/// The value of `Set-Cookie` that binds a way to a provider to the browser for `seconds`; 0 unbinds it.
///
/// # Errors
/// As of [`session_cookie`].
pub fn sso_cookie(
    scheme: Scheme,
    binding: &SecretString,
    seconds: u64,
) -> Result<HeaderValue, Problem> {
    set_cookie(&SSO, scheme, binding, seconds)
}

/// What the way to a provider is bound to in this browser.
#[must_use]
pub fn sso_binding(headers: &HeaderMap, scheme: Scheme) -> Option<SecretString> {
    read_cookie(&SSO, headers, scheme)
}

fn set_cookie(
    name: &Name,
    scheme: Scheme,
    token: &SecretString,
    seconds: u64,
) -> Result<HeaderValue, Problem> {
    let token = token.expose_secret();
    if seconds > 0 && !is_token(token) {
        return Err(Problem::internal());
    }
    write_cookie(name, scheme, token, seconds)
}

/// The value of `Set-Cookie`; what is written needs no quoting.
pub(crate) fn write_cookie(
    name: &Name,
    scheme: Scheme,
    text: &str,
    seconds: u64,
) -> Result<HeaderValue, Problem> {
    let (name, secure) = match scheme {
        Scheme::Https => (name.secure, "; Secure"),
        Scheme::Http => (name.plain, ""),
    };
    let cookie =
        format!("{name}={text}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    let mut value = HeaderValue::try_from(cookie).map_err(|_| Problem::internal())?;
    value.set_sensitive(true);
    Ok(value)
}

fn read_cookie(name: &Name, headers: &HeaderMap, scheme: Scheme) -> Option<SecretString> {
    find_cookie(name, headers, scheme, is_token).map(SecretString::from)
}

/// The first cookie of that name whose value `fits`.
pub(crate) fn find_cookie<'a>(
    name: &Name,
    headers: &'a HeaderMap,
    scheme: Scheme,
    fits: fn(&str) -> bool,
) -> Option<&'a str> {
    let find = |wanted: &str| {
        let lines = headers.get_all(header::COOKIE).iter();
        lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, value)| *name == wanted && fits(value))
            .map(|(_, value)| value)
    };
    match scheme {
        Scheme::Https => find(name.secure),
        Scheme::Http => find(name.secure).or_else(|| find(name.plain)),
    }
}

/// The key in a header of its own, which no browser sends by itself.
fn read_api_key(headers: &HeaderMap) -> Result<Option<Credential>, Problem> {
    let mut values = headers.get_all(API_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match value.to_str() {
        Ok(key) if values.next().is_none() && key.starts_with(API_KEY_PREFIX) && is_token(key) => {
            Ok(Some(Credential::Bearer(key.into())))
        }
        _ => Err(refused("X-Api-Key stands once and holds an API key.")),
    }
}

/// What may be a bearer token: one of ours, or a signed one, which is longer.
fn is_bearer(text: &str) -> bool {
    text.len() <= LONGEST && is_part(text)
}

/// What may be a token of ours: visible ASCII that needs no quoting, of bounded length.
fn is_token(text: &str) -> bool {
    text.len() <= 512 && is_part(text)
}

fn is_session(text: &str) -> bool {
    !text.contains('.') && !text.starts_with(API_KEY_PREFIX)
}

fn is_part(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&str, &str)], scheme: Scheme) -> Result<Option<String>, String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: http::HeaderName = name.parse().expect("name");
            map.append(name, value.parse().expect("value"));
        }
        Credential::read(&map, scheme)
            .map(|found| found.map(|credential| credential.token().to_owned()))
            .map_err(|problem| problem.reason().to_owned())
    }

    #[test]
    fn the_header_wins_over_the_cookie() {
        let both = [("authorization", "bearer t1"), ("cookie", "usher=t2")];
        assert_eq!(read(&both, Scheme::Http), Ok(Some("t1".into())));
        assert_eq!(read(&both[1..], Scheme::Http), Ok(Some("t2".into())));
        assert_eq!(read(&[], Scheme::Http), Ok(None));
    }

    #[test]
    fn over_tls_only_the_host_bound_cookie_counts() {
        let tossed = [("cookie", "usher=evil; a=b; __Host-usher=mine")];
        assert_eq!(read(&tossed, Scheme::Https), Ok(Some("mine".into())));
        assert_eq!(read(&[("cookie", "usher=evil")], Scheme::Https), Ok(None));
    }

    #[test]
    fn a_letters_binding_is_no_session_and_the_other_way_round() {
        let mut headers = HeaderMap::new();
        headers.insert("cookie", "__Host-usher-letter=b; __Host-usher=s".parse().expect("value"));
        let binding = letter_binding(&headers, Scheme::Https).expect("a binding");
        assert_eq!(binding.expose_secret(), "b");
        let shown = Credential::read(&headers, Scheme::Https).expect("reads").expect("a session");
        assert_eq!(shown.token(), "s");
        headers.insert("cookie", "usher-letter=b".parse().expect("value"));
        assert!(letter_binding(&headers, Scheme::Https).is_none());
        assert!(Credential::read(&headers, Scheme::Http).expect("reads").is_none());
    }

    #[test]
    fn other_schemes_and_malformed_headers_are_refused_not_ignored() {
        for value in
            ["Basic YTpi", "Bearer", "Bearer ", "Bearer a b", "t1", "Bearer a,b", "Bearer\tt"]
        {
            let refusal = read(&[("authorization", value)], Scheme::Http);
            assert_eq!(refusal, Err("bad_credential".into()), "{value:?}");
        }
        let two = [("authorization", "Bearer a"), ("authorization", "Bearer a")];
        assert_eq!(read(&two, Scheme::Http), Err("bad_credential".into()));
    }

    #[test]
    fn an_api_key_has_a_header_of_its_own_and_a_cookie_holds_a_session_alone() {
        let key = ("x-api-key", "uk_abc");
        assert_eq!(read(&[key], Scheme::Http), Ok(Some("uk_abc".into())));
        assert_eq!(read(&[key, ("cookie", "usher=t")], Scheme::Http), Ok(Some("uk_abc".into())));
        let bearer = ("authorization", "Bearer uk_abc");
        for wrong in [&[key, key][..], &[key, bearer], &[("x-api-key", "us_abc")]] {
            assert_eq!(read(wrong, Scheme::Http), Err("bad_credential".into()), "{wrong:?}");
        }
        for cookie in ["usher=a.b.c", "usher=uk_abc"] {
            assert_eq!(read(&[("cookie", cookie)], Scheme::Http), Ok(None), "{cookie}");
        }
        let long = format!("Bearer {}", "a".repeat(LONGEST + 1));
        assert!(read(&[("authorization", &long)], Scheme::Http).is_err());
    }

    #[test]
    fn the_cookie_is_bound_and_hidden() {
        let cookie = session_cookie(Scheme::Https, &"abc".into(), 60).expect("cookie");
        let text = cookie.to_str().expect("text");
        assert!(text.starts_with("__Host-usher=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60"));
        assert!(text.ends_with("; Secure") && cookie.is_sensitive());
        assert!(session_cookie(Scheme::Http, &"a;b".into(), 60).is_err());
    }
}
