//! Apps, what they may ask for, and how they prove what they say (OAuth 2.1, RFC 6749, RFC 7636).

use std::fmt;

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{SessionId, TenantId, Timestamp, UserId};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use uuid::Uuid;

use super::ClientKey;

/// Begins the public name of an app.
const CLIENT: &str = "uc_";
/// Begins the secret of an app.
const SECRET: &str = "ux_";
/// Begins a code.
const CODE: &str = "uo_";
/// Scopes that are no permissions: that a person is told of at all, and by which address.
pub(crate) const IDENTITY_SCOPES: [&str; 2] = ["openid", "email"];

kernel::closed_set! {
    /// Why an app is refused, in the words of RFC 6749, sections 4.1.2.1 and 5.2.
    pub enum OAuthProblem {
        /// Something is missing, twice there or malformed.
        InvalidRequest = "invalid_request",
        /// The app is unknown or did not prove which one it is.
        InvalidClient = "invalid_client",
        /// The code or refresh token is unknown, ended, or another app's.
        InvalidGrant = "invalid_grant",
        /// The app may not ask in this way.
        UnauthorizedClient = "unauthorized_client",
        /// There is no such way.
        UnsupportedGrantType = "unsupported_grant_type",
        /// There is no other answer than a code.
        UnsupportedResponseType = "unsupported_response_type",
        /// More than the app may ask for.
        InvalidScope = "invalid_scope",
        /// Nobody is to be asked, and nobody is signed in (OpenID Connect Core, section 3.1.2.6).
        LoginRequired = "login_required",
        /// Nobody is to be asked, and the person has not agreed (OpenID Connect Core, section 3.1.2.6).
        ConsentRequired = "consent_required",
        /// The person does not agree.
        AccessDenied = "access_denied",
        /// The token is none, or has ended (RFC 6750).
        InvalidToken = "invalid_token",
        /// The token was not given for this (RFC 6750).
        InsufficientScope = "insufficient_scope",
        /// Nobody has answered the device's question yet (RFC 8628).
        AuthorizationPending = "authorization_pending",
        /// The same, asked too often (RFC 8628).
        SlowDown = "slow_down",
        /// The device's question is too old (RFC 8628).
        ExpiredToken = "expired_token",
        /// A token is asked for that is good somewhere else (RFC 8707).
        InvalidTarget = "invalid_target",
    }
}

kernel::closed_set! {
    /// Ways to tokens that an app has where its tenant says so.
    pub(crate) enum ExtraGrant {
        /// For a device without a keyboard (RFC 8628).
        DeviceCode = "device_code",
        /// A lesser token for one that it holds (RFC 8693).
        TokenExchange = "token_exchange",
    }
}

/// The public name of an app; it holds its tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientName {
    pub(crate) tenant: TenantId,
    pub(crate) client_id: Uuid,
}

impl ClientName {
    /// Whether the app's tokens may be good in this tenant: in its own, or, for one of the platform, in any.
    pub(crate) fn reaches(self, tenant: TenantId) -> bool {
        tenant != TenantId::PLATFORM && (self.tenant == tenant || self.tenant == TenantId::PLATFORM)
    }

    /// Reads a name in its one spelling.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(CLIENT)?).ok()?;
        let (tenant, client) = bytes.split_at_checked(16)?;
        let tenant = Uuid::from_slice(tenant).ok()?.into();
        Some(Self { tenant, client_id: Uuid::from_slice(client).ok()? })
    }
}

impl fmt::Display for ClientName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.tenant.uuid().as_bytes() as &[u8], self.client_id.as_bytes()].concat();
        write!(f, "{CLIENT}{}", URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// The secret of an app; never printed.
#[derive(Clone, Debug)]
pub(crate) struct ClientSecret(SecretString);

impl ClientSecret {
    /// A secret of random bytes.
    pub(crate) fn of(random: &[u8; 32]) -> Self {
        Self(format!("{SECRET}{}", URL_SAFE_NO_PAD.encode(random)).into())
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> Vec<u8> {
        sha256(self.0.expose_secret())
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// An app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OAuthClient {
    pub(crate) client_id: Uuid,
    pub(crate) name: String,
    /// None for one that cannot keep a secret.
    pub(crate) secret_hash: Option<Vec<u8>>,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) service_account_id: Option<UserId>,
    /// The ways to tokens that it has beside those that each app has.
    pub(crate) grants: Vec<String>,
    /// Where browsers are sent back to after signing out.
    pub(crate) post_logout_redirect_uris: Vec<String>,
    /// Where it is told that a session has ended.
    pub(crate) backchannel_logout_uri: Option<String>,
    pub(crate) backchannel_logout_session_required: bool,
    /// The public keys by which it proves itself, as a list of JWKs; none for one with a secret.
    pub(crate) jwks: Option<Value>,
    /// Whether it may ask people only by what it pushed before.
    pub(crate) require_pushed: bool,
    /// Whether people are not asked.
    pub(crate) implicit_consent: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
}

impl OAuthClient {
    /// Whether it has this way to tokens.
    pub(crate) fn has(&self, grant: ExtraGrant) -> bool {
        self.grants.iter().any(|known| known == grant.as_str())
    }

    /// Whether it proves itself at all.
    pub(crate) fn is_confidential(&self) -> bool {
        self.secret_hash.is_some() || self.jwks.is_some()
    }

    /// The keys by which it proves itself.
    pub(crate) fn keys(&self) -> Vec<ClientKey> {
        let kept = self.jwks.clone().map(serde_json::from_value);
        kept.and_then(Result::ok).unwrap_or_default()
    }

    /// Whether this is the app: by its secret, or by having none.
    pub(crate) fn is_proven_by(&self, shown: &str) -> bool {
        let fits = match &self.secret_hash {
            Some(kept) => verify_slices_are_equal(kept, &sha256(shown)).is_ok(),
            None => self.jwks.is_none() && shown.is_empty(),
        };
        fits && self.ended_at.is_none()
    }

    /// What it asks for, if it may: each once, in its order.
    pub(crate) fn admits(&self, scope: &str) -> Option<Vec<String>> {
        let mut asked: Vec<String> = Vec::new();
        for word in scope.split(' ').filter(|word| !word.is_empty()) {
            if !self.scopes.iter().any(|known| known == word) {
                return None;
            }
            if !asked.iter().any(|known| known == word) {
                asked.push(word.to_owned());
            }
        }
        Some(asked)
    }
}

/// A code; never printed.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) tenant: TenantId,
    text: SecretString,
}

impl Code {
    /// A code of random bytes.
    pub(crate) fn of(tenant: TenantId, random: &[u8; 32]) -> Self {
        let bytes = [tenant.uuid().as_bytes() as &[u8], random].concat();
        Self { tenant, text: format!("{CODE}{}", URL_SAFE_NO_PAD.encode(bytes)).into() }
    }

    /// Reads a presented code; `None` for what cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(CODE)?).ok()?;
        let tenant = Uuid::from_slice(bytes.get(..16)?).ok()?.into();
        (bytes.len() == 48).then(|| Self { tenant, text: text.into() })
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> Vec<u8> {
        sha256(self.text.expose_secret())
    }

    pub(crate) fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

/// A code as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct KeptCode {
    pub(crate) client_id: Uuid,
    pub(crate) user_id: UserId,
    pub(crate) session_id: SessionId,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: Vec<u8>,
    pub(crate) scope: String,
    pub(crate) nonce: String,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) used_at: Option<Timestamp>,
    pub(crate) family_id: Option<Uuid>,
}

impl KeptCode {
    /// Whether whoever shows it is the one who asked for it.
    pub(crate) fn is_bound_to(&self, redirect_uri: &str, verifier: &str) -> bool {
        let is_sound = (43..=128).contains(&verifier.len())
            && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
        let fits = verify_slices_are_equal(&self.challenge, &sha256(verifier)).is_ok();
        is_sound && fits && self.redirect_uri == redirect_uri
    }
}

/// The bytes of an S256 challenge; `None` for what is none.
pub(crate) fn challenge(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == 32)
}

/// Why an app cannot be made so; prints as a sentence part that follows the field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadClientWish {
    /// Too many, or an address that is none of these.
    #[error(
        "must be at most 20 https addresses without fragment, or http ones of this machine itself"
    )]
    RedirectUris,
    /// Too many, twice there, or none of the contract's.
    #[error("must be at most 100 of openid, email and the permissions of the contract, each once")]
    Scopes,
    /// Twice there, or none.
    #[error("must be device_code and token_exchange, each at most once")]
    Grants,
    /// None, or one that is not safe.
    #[error("must be an https address without fragment, or an http one of this machine itself")]
    Backchannel,
    /// An app that cannot keep a secret cannot act for itself, and has no keys.
    #[error("is only for a confidential app")]
    ServiceAccount,
    /// Too many, twice there, or not of these kinds.
    #[error(
        "must be at most 5 public keys, each with another kid: Ed25519, P-256, or RSA of 2048 to 4096 bits"
    )]
    Keys,
}

/// Addresses to which browsers are sent back.
///
/// # Errors
/// [`BadClientWish::RedirectUris`].
pub(crate) fn redirect_uris(uris: Vec<String>) -> Result<Vec<String>, BadClientWish> {
    if uris.len() > 20 || !uris.iter().all(|uri| is_redirect_uri(uri)) {
        return Err(BadClientWish::RedirectUris);
    }
    Ok(uris)
}

/// Where an app is told that a session has ended; empty for nowhere.
///
/// # Errors
/// [`BadClientWish::Backchannel`].
pub(crate) fn backchannel_uri(uri: String) -> Result<Option<String>, BadClientWish> {
    match uri.as_str() {
        "" => Ok(None),
        known if is_redirect_uri(known) => Ok(Some(uri)),
        _ => Err(BadClientWish::Backchannel),
    }
}

/// Ways to tokens beside those that each app has.
///
/// # Errors
/// [`BadClientWish::Grants`].
pub(crate) fn extra_grants(mut grants: Vec<String>) -> Result<Vec<String>, BadClientWish> {
    grants.sort();
    let is_twice = grants.windows(2).any(|pair| pair[0] == pair[1]);
    if is_twice || !grants.iter().all(|grant| ExtraGrant::parse(grant).is_some()) {
        return Err(BadClientWish::Grants);
    }
    Ok(grants)
}

fn is_redirect_uri(uri: &str) -> bool {
    let is_plain = uri.len() <= 2_000 && uri.bytes().all(|b| b.is_ascii_graphic());
    let Some((scheme, rest)) = uri.split_once("://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => host,
        _ => authority,
    };
    let is_host = !host.is_empty()
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.[:]".contains(&b));
    let is_here = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    let is_safe = scheme == "https" || (scheme == "http" && is_here);
    is_plain && is_host && is_safe && !uri.contains(['#', '\\', '"', '<', '>'])
}

/// What an app may ask for, sorted; `knows` says what the contract asks for.
///
/// # Errors
/// [`BadClientWish::Scopes`].
pub(crate) fn client_scopes(
    mut scopes: Vec<String>,
    knows: impl Fn(&str) -> bool,
) -> Result<Vec<String>, BadClientWish> {
    scopes.sort();
    let is_twice = scopes.windows(2).any(|pair| pair[0] == pair[1]);
    let is_known = |scope: &String| IDENTITY_SCOPES.contains(&scope.as_str()) || knows(scope);
    if is_twice || scopes.len() > 100 || !scopes.iter().all(is_known) {
        return Err(BadClientWish::Scopes);
    }
    Ok(scopes)
}

fn sha256(text: &str) -> Vec<u8> {
    digest(&SHA256, text.as_bytes()).as_ref().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_read_back_in_one_spelling() {
        let name = ClientName { tenant: Uuid::max().into(), client_id: Uuid::nil() };
        let text = name.to_string();
        assert_eq!((text.len(), ClientName::parse(&text)), (46, Some(name)));
        for bad in ["", "uc_", "uc_AAAA", &text[3..], &format!("{text}="), &format!("{text}A")] {
            assert_eq!(ClientName::parse(bad), None, "{bad}");
        }
        let code = Code::of(Uuid::max().into(), &[7; 32]);
        assert_eq!(Code::parse(code.expose()).expect("reads back").hash(), code.hash());
        assert!(!format!("{code:?}").contains(code.expose()));
        assert!(Code::parse(&text).is_none() && Code::parse("uo_AAAA").is_none());
    }

    #[test]
    fn browsers_are_sent_back_over_tls_or_to_this_machine() {
        for good in [
            "https://app.example/cb",
            "https://app.example:8443/cb?x=1",
            "http://localhost:3000/cb",
            "http://127.0.0.1/cb",
            "http://[::1]:9/cb",
        ] {
            assert!(is_redirect_uri(good), "{good}");
        }
        for bad in [
            "",
            "app.example/cb",
            "http://app.example/cb",
            "https://app.example/cb#x",
            "https://user@app.example/cb",
            "https:///cb",
            "https://app.example/c b",
            "https://app.example\\@evil.example/",
            "javascript://localhost/%0aalert(1)",
            "http://localhost.evil.example/cb",
            "https://a.example/\u{e9}",
        ] {
            assert!(!is_redirect_uri(bad), "{bad}");
        }
    }

    #[test]
    fn a_code_is_bound_to_its_address_and_its_verifier() {
        let verifier = "v".repeat(43);
        let at: Timestamp = jiff::Timestamp::UNIX_EPOCH.into();
        let code = KeptCode {
            client_id: Uuid::nil(),
            user_id: Uuid::nil().into(),
            session_id: Uuid::nil().into(),
            redirect_uri: "https://a.example/cb".into(),
            challenge: sha256(&verifier),
            scope: String::new(),
            nonce: String::new(),
            created_at: at,
            expires_at: at,
            used_at: None,
            family_id: None,
        };
        assert!(code.is_bound_to("https://a.example/cb", &verifier));
        for (uri, verifier) in [
            ("https://a.example/cb/", verifier.as_str()),
            ("https://A.example/cb", &verifier),
            ("https://a.example/cb", ""),
            ("https://a.example/cb", &verifier[..42]),
            ("https://a.example/cb", &"w".repeat(43)),
        ] {
            assert!(!code.is_bound_to(uri, verifier), "{uri} {verifier}");
        }
        assert!(challenge(&URL_SAFE_NO_PAD.encode([1; 32])).is_some());
        assert!(challenge("plain").is_none() && challenge("").is_none());
    }

    #[test]
    fn an_app_asks_for_what_it_may_and_proves_itself_by_its_secret_or_none() {
        let secret = ClientSecret::of(&[1; 32]);
        let app = OAuthClient {
            client_id: Uuid::nil(),
            name: "App".into(),
            secret_hash: Some(secret.hash()),
            redirect_uris: Vec::new(),
            scopes: vec!["a.b.c".into(), "openid".into()],
            service_account_id: None,
            grants: vec!["device_code".into()],
            post_logout_redirect_uris: Vec::new(),
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            jwks: None,
            require_pushed: false,
            implicit_consent: false,
            created_at: jiff::Timestamp::UNIX_EPOCH.into(),
            ended_at: None,
        };
        assert!(app.is_proven_by(secret.expose()));
        assert!(!app.is_proven_by("") && !app.is_proven_by("ux_other"));
        assert_eq!(app.admits("openid  a.b.c openid").expect("may"), ["openid", "a.b.c"]);
        assert_eq!(app.admits("openid x.y.z"), None);
        assert!(app.has(ExtraGrant::DeviceCode));
        assert!(extra_grants(vec!["device_code".into(), "device_code".into()]).is_err());
        assert!(extra_grants(vec!["password".into()]).is_err());
        assert_eq!(backchannel_uri(String::new()), Ok(None));
        assert!(backchannel_uri("http://app.example/out".into()).is_err());
        let public = OAuthClient { secret_hash: None, ..app.clone() };
        assert!(public.is_proven_by("") && !public.is_proven_by("x"));
        let keyed = OAuthClient { jwks: Some(serde_json::json!([])), ..public };
        assert!(!keyed.is_proven_by("") && keyed.is_confidential() && keyed.keys().is_empty());
        let ended = OAuthClient { ended_at: Some(app.created_at), ..app };
        assert!(!ended.is_proven_by(secret.expose()));
    }
}
