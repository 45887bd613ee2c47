//! A tenant's OpenID provider, as a client of it (OpenID Connect Core and Discovery 1.0): every call goes out through the
//! guarded client, and nothing the provider says is believed before it is checked.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse},
};
use kernel::TenantId;
use outbound::{
    Answer, Call, Fault, Method, Outbound, Url,
    header::{ACCEPT, AUTHORIZATION, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::domain::{BadClaim, Claims, Vouched, Wanted, is_safe};

/// What a token may be signed with: public keys alone, so that no key of theirs is taken for a shared secret
/// (CVE-2022-29217).
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];
/// The longest ID token that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// Why a provider's word is not taken. The words are for the operator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Doubt {
    /// It could not be asked.
    #[error("it cannot be reached: {0}")]
    Away(#[from] Fault),
    /// It answered something else.
    #[error("its {0} is not what it has to be")]
    Answer(&'static str),
    /// The token's signature or form.
    #[error("its ID token is not good: {0}")]
    Token(&'static str),
    /// A claim.
    #[error("its ID token is not good: {0}")]
    Claim(#[from] BadClaim),
}

/// What a provider says of itself, checked.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Provider {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// Us at the provider.
#[derive(Debug, Clone)]
pub(crate) struct Client<'a> {
    pub(crate) id: &'a str,
    pub(crate) secret: &'a SecretString,
    pub(crate) redirect_uri: &'a str,
}

/// What one sign-in is bound by.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub(crate) state: String,
    pub(crate) nonce: SecretString,
    pub(crate) verifier: SecretString,
}

impl Provider {
    /// Reads what the issuer says of itself; it has to be this very issuer (Discovery, section 4.3).
    pub(crate) async fn discover(
        outbound: &Outbound,
        tenant: TenantId,
        issuer: &str,
    ) -> Result<Self, Doubt> {
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let answer = get(outbound, tenant, "discover", &url).await?;
        let found: Self = answer.json().ok_or(Doubt::Answer("configuration"))?;
        if found.issuer != issuer {
            return Err(Doubt::Answer("issuer"));
        }
        for endpoint in [&found.authorization_endpoint, &found.token_endpoint, &found.jwks_uri] {
            if !is_safe(endpoint) {
                return Err(Doubt::Answer("endpoint without TLS"));
            }
        }
        let knows_s256 = |methods: &[String]| {
            methods.is_empty() || methods.iter().any(|method| method == "S256")
        };
        match knows_s256(&found.code_challenge_methods_supported) {
            true => Ok(found),
            false => Err(Doubt::Answer("code challenge method")),
        }
    }

    /// Where the browser goes to sign in (RFC 6749, section 4.1.1; RFC 7636).
    pub(crate) fn way(&self, client: &Client<'_>, binding: &Binding) -> Result<String, Doubt> {
        let mut url = Url::parse(&self.authorization_endpoint)
            .map_err(|_| Doubt::Answer("authorization endpoint"))?;
        let challenge = digest(&SHA256, binding.verifier.expose_secret().as_bytes());
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client.id)
            .append_pair("redirect_uri", client.redirect_uri)
            .append_pair("scope", "openid email profile")
            .append_pair("state", &binding.state)
            .append_pair("nonce", binding.nonce.expose_secret())
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(challenge))
            .append_pair("code_challenge_method", "S256");
        Ok(url.into())
    }

    /// Whether the answer says that it is from here, as far as it has to (RFC 9207).
    pub(crate) fn answers_as(&self, iss: &str) -> bool {
        match iss {
            "" => !self.authorization_response_iss_parameter_supported,
            iss => iss == self.issuer,
        }
    }

    /// Exchanges the code for an ID token, and says who it is about.
    pub(crate) async fn vouch(
        &self,
        outbound: &Outbound,
        tenant: TenantId,
        client: &Client<'_>,
        binding: &Binding,
        code: &SecretString,
        now: kernel::Timestamp,
    ) -> Result<Vouched, Doubt> {
        let token = self.exchange(outbound, tenant, client, binding, code).await?;
        let keys = get(outbound, tenant, "keys", &self.jwks_uri).await?;
        let keys: JwkSet = keys.json().ok_or(Doubt::Answer("key set"))?;
        let wanted = Wanted {
            issuer: &self.issuer,
            client_id: client.id,
            nonce: binding.nonce.expose_secret(),
            now,
        };
        Ok(read(&token, &keys)?.check(wanted)?)
    }

    async fn exchange(
        &self,
        outbound: &Outbound,
        tenant: TenantId,
        client: &Client<'_>,
        binding: &Binding,
        code: &SecretString,
    ) -> Result<String, Doubt> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", client.redirect_uri),
            ("code_verifier", binding.verifier.expose_secret()),
        ];
        let methods = &self.token_endpoint_auth_methods_supported;
        let knows = |name: &str| methods.iter().any(|method| method == name);
        let in_header = methods.is_empty() || knows("client_secret_basic");
        if !in_header {
            form.extend([
                ("client_id", client.id),
                ("client_secret", client.secret.expose_secret()),
            ]);
        }
        let url = Url::parse(&self.token_endpoint).map_err(|_| Doubt::Answer("token endpoint"))?;
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        let mut call = Call::new("openid", "exchange", Method::POST, url)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .body(kind, encoded(&form));
        if in_header {
            call = call.header(AUTHORIZATION, basic(client)?);
        }
        let answer = outbound.on_behalf_of(tenant).send(call).await?;
        if !answer.status.is_success() {
            return Err(Doubt::Answer("answer to the code"));
        }
        let tokens: Tokens = answer.json().ok_or(Doubt::Answer("answer to the code"))?;
        Ok(tokens.id_token)
    }
}

async fn get(
    outbound: &Outbound,
    tenant: TenantId,
    operation: &'static str,
    url: &str,
) -> Result<Answer, Doubt> {
    let url = Url::parse(url).map_err(|_| Doubt::Answer("address"))?;
    let call = Call::new("openid", operation, Method::GET, url)
        .header(ACCEPT, HeaderValue::from_static("application/json"))
        .at_most(256 * 1024);
    let answer = outbound.on_behalf_of(tenant).send(call).await?;
    if answer.status.is_success() { Ok(answer) } else { Err(Doubt::Answer("status")) }
}

/// Checks the signature by one of the provider's keys; the claims are checked by the caller.
fn read(token: &str, keys: &JwkSet) -> Result<Claims, Doubt> {
    if token.len() > LONGEST {
        return Err(Doubt::Token("it is too long"));
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| Doubt::Token("header"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Doubt::Token("algorithm"));
    }
    if header.typ.as_deref().is_some_and(|typ| !typ.eq_ignore_ascii_case("jwt")) {
        return Err(Doubt::Token("it is another kind of token"));
    }
    // Extensions that have to be understood (RFC 7515, section 4.1.11): none is.
    if header.crit.is_some() {
        return Err(Doubt::Token("it asks for what is not known here"));
    }
    let key = key_of(keys, header.kid.as_deref(), header.alg)?;
    let key = DecodingKey::from_jwk(key).map_err(|_| Doubt::Token("key"))?;
    let mut rules = Validation::new(header.alg);
    // By our own clock and rules, see `Claims::check`.
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    let read = jsonwebtoken::decode::<Claims>(token, &key, &rules);
    Ok(read.map_err(|_| Doubt::Token("signature or claims"))?.claims)
}

/// The provider's key of this name, or its only one for the algorithm; keys in the token itself are never looked at.
fn key_of<'a>(keys: &'a JwkSet, kid: Option<&str>, algorithm: Algorithm) -> Result<&'a Jwk, Doubt> {
    let fits = |key: &&Jwk| {
        let common = &key.common;
        let signs = common.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature);
        let named = kid.is_none_or(|kid| common.key_id.as_deref() == Some(kid));
        let says = common.key_algorithm.is_none_or(|known| known == KeyAlgorithm::from(algorithm));
        signs && named && says
    };
    let mut found = keys.keys.iter().filter(fits);
    match (found.next(), found.next()) {
        (Some(key), None) => Ok(key),
        (Some(key), Some(_)) if kid.is_some() => Ok(key),
        _ => Err(Doubt::Token("key")),
    }
}

/// Id and secret in a header (RFC 6749, section 2.3.1).
fn basic(client: &Client<'_>) -> Result<HeaderValue, Doubt> {
    let pair = format!("{}:{}", escaped(client.id), escaped(client.secret.expose_secret()));
    let text = format!("Basic {}", STANDARD.encode(pair));
    let mut value = HeaderValue::try_from(text).map_err(|_| Doubt::Answer("secret"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn encoded(form: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        form.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    pairs.join("&")
}

/// Everything but unreserved characters as its bytes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}
