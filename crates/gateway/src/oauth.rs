//! The addresses of the OAuth 2.1 and OpenID Connect provider, in the forms and words of those standards. What is granted
//! is for `auth` to say; here forms are read and answers written.

mod device;
mod proof;
mod push;

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{
    HeaderValue, StatusCode,
    header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE},
};
use kernel::{Code, Cx};
use serde_json::{Value, json};
use tonic::Status;
use wire::auth::v1::{
    ClientProof, GetUserInfoRequest, GrantTokensRequest, IntrospectTokenRequest,
    RevokeTokenRequest, o_auth_client::OAuthClient,
};

use crate::{
    front::{Front, Wanted},
    limits::Class,
    problem::Problem,
    transcode::{MAX_BODY, Opens, collect, enter},
};

/// The words of RFC 6749, sections 4.1.2.1 and 5.2, of RFC 6750 and of RFC 8628 that `auth` says.
const WORDS: [&str; 14] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "invalid_scope",
    "invalid_token",
    "insufficient_scope",
    "access_denied",
    "authorization_pending",
    "slow_down",
    "expired_token",
    "invalid_target",
];

/// The name of the grant for a token (RFC 8693, section 2.1), and the kind of what it gives.
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// The name of the grant of devices (RFC 8628, section 3.4).
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The routes.
pub(crate) fn router(front: &Front) -> Router {
    Router::new()
        .route("/oauth/token", post(token))
        .route("/oauth/device", post(device::begin))
        .route("/oauth/par", post(push::push))
        .route("/oauth/introspect", post(introspect))
        .route("/oauth/revoke", post(revoke))
        .route("/oauth/userinfo", get(user_info).post(user_info))
        .route("/.well-known/openid-configuration", get(metadata))
        .route("/.well-known/oauth-authorization-server", get(metadata))
        .with_state(front.clone())
}

/// A refusal in the words of the standard.
struct Refusal {
    status: StatusCode,
    error: &'static str,
    detail: String,
    retry_after: Option<u64>,
    /// Whether a challenge of this scheme stands with it.
    challenge: Option<&'static str>,
}

impl Refusal {
    fn request(detail: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: "invalid_request",
            detail: detail.to_owned(),
            retry_after: None,
            challenge: None,
        }
    }

    /// The header proves no app (RFC 6749, section 5.2).
    fn client(detail: &str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_client",
            challenge: Some("Basic"),
            ..Self::request(detail)
        }
    }
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        let refusal = wire::code_of(&status);
        let known = WORDS.into_iter().find(|word| *word == refusal.reason);
        let (http, error) = match (known, refusal.code) {
            (Some(word @ ("invalid_client" | "invalid_token")), _) => {
                (StatusCode::UNAUTHORIZED, word)
            }
            (Some(word @ "insufficient_scope"), _) => (StatusCode::FORBIDDEN, word),
            (Some(word), _) => (StatusCode::BAD_REQUEST, word),
            (None, Code::Unavailable | Code::Timeout | Code::Exhausted) => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
            (None, Code::Invalid) => (StatusCode::BAD_REQUEST, "invalid_request"),
            (None, _) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        };
        if known.is_none() {
            tracing::warn!(reason = refusal.reason, "an OAuth call was not served");
        }
        let is_told = known.is_some() || http == StatusCode::BAD_REQUEST;
        let detail = if is_told { refusal.message } else { "Try again later.".to_owned() };
        Self {
            status: http,
            error,
            detail,
            retry_after: refusal.retry_after.map(|after| after.as_secs().max(1)),
            challenge: match error {
                "invalid_client" => Some("Basic"),
                "invalid_token" | "insufficient_scope" => Some("Bearer"),
                _ => None,
            },
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error": self.error, "error_description": self.detail});
        let mut response = answer(&body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Some(scheme) = self.challenge {
            let value = format!("{scheme} realm=\"usher\", error=\"{}\"", self.error);
            headers.extend(HeaderValue::try_from(value).map(|value| (WWW_AUTHENTICATE, value)));
        }
        if let Some(after) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(after));
        }
        response
    }
}

/// Why there is no answer: in the words of the standard, or in our own before it was one of its requests.
enum Failure {
    Refusal(Refusal),
    Problem(Problem),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Refusal(status.into())
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Refusal(refusal) => refusal.into_response(),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

/// JSON that no cache keeps.
fn answer(body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// A form and who sent it.
struct Form {
    cx: Cx,
    fields: BTreeMap<String, String>,
    client: ClientProof,
}

impl Form {
    async fn read(front: &Front, class: Class, request: Request) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let visitor =
            enter(front, &parts, class, (Wanted::Anyone, Opens::Normally), &mut None).await?;
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_form = kind.is_some_and(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
        if !is_form {
            let detail = "Send application/x-www-form-urlencoded.";
            return Err(Refusal::request(detail).into());
        }
        let body = collect(body, MAX_BODY).await?;
        let mut fields = BTreeMap::new();
        let pairs = form_pairs(&body);
        for (name, value) in pairs.ok_or_else(|| Refusal::request("The form is malformed."))? {
            if fields.insert(name, value).is_some() {
                return Err(Refusal::request("A parameter stands twice.").into());
            }
        }
        let client = proof::read(&parts.headers, &mut fields)?;
        // Asked for the gateway itself: the app proves on its own which one it is.
        let cx = Cx { tenant: None, ..visitor.cx };
        Ok(Self { cx, fields, client })
    }

    fn take(&mut self, name: &str) -> String {
        self.fields.remove(name).unwrap_or_default()
    }
}

fn form_pairs(body: &[u8]) -> Option<Vec<(String, String)>> {
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    let read = |pair: &[u8]| {
        let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let value = pair.get(at + 1..).unwrap_or_default();
        Some((decoded(&pair[..at])?, decoded(value)?))
    };
    pairs.map(read).collect()
}

/// A text of a form; `None` for what is not UTF-8 or no escape.
fn decoded(bytes: &[u8]) -> Option<String> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let pair = [*rest.next()?, *rest.next()?];
                if !pair.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?
            }
            other => *other,
        });
    }
    String::from_utf8(out).ok().filter(|text| !text.contains('\0'))
}

fn auth(front: &Front) -> OAuthClient<wire::Caller> {
    OAuthClient::new(front.mesh().to("auth"))
}

/// RFC 6749, section 3.2.
async fn token(State(front): State<Front>, request: Request) -> Result<Response, Failure> {
    let mut form = Form::read(&front, Class::Read, request).await?;
    let wish = GrantTokensRequest {
        grant_type: form.take("grant_type"),
        code: form.take("code"),
        redirect_uri: form.take("redirect_uri"),
        code_verifier: form.take("code_verifier"),
        refresh_token: form.take("refresh_token"),
        scope: form.take("scope"),
        device_code: form.take("device_code"),
        subject_token: form.take("subject_token"),
        subject_token_type: form.take("subject_token_type"),
        actor_token: form.take("actor_token"),
        actor_token_type: form.take("actor_token_type"),
        requested_token_type: form.take("requested_token_type"),
        audience: form.take("audience"),
        resource: form.take("resource"),
        client: Some(form.client),
    };
    let is_exchange = wish.grant_type == EXCHANGE;
    let granted = auth(&front).grant_tokens(wire::call(&form.cx, wish)).await?.into_inner();
    let tokens = granted.tokens.ok_or_else(Problem::internal)?;
    let mut body = json!({
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "scope": granted.scope,
    });
    if is_exchange {
        body["issued_token_type"] = ACCESS_TOKEN.into();
    }
    for (name, value) in [("refresh_token", tokens.refresh_token), ("id_token", granted.id_token)] {
        if !value.is_empty() {
            body[name] = value.into();
        }
    }
    Ok(answer(&body))
}

/// RFC 7662.
async fn introspect(State(front): State<Front>, request: Request) -> Result<Response, Failure> {
    let mut form = Form::read(&front, Class::Read, request).await?;
    let (token, client) = (form.take("token"), Some(form.client));
    let asked = wire::call(&form.cx, IntrospectTokenRequest { client, token });
    let told = auth(&front).introspect_token(asked).await?.into_inner();
    if !told.active {
        return Ok(answer(&json!({"active": false})));
    }
    Ok(answer(&json!({
        "active": true,
        "scope": told.scope,
        "client_id": told.client_id,
        "sub": told.sub,
        "exp": told.exp,
        "iat": told.iat,
        "tid": told.tid,
        "token_type": if told.kind == "access_token" { "Bearer" } else { "refresh_token" },
    })))
}

/// RFC 7009.
async fn revoke(State(front): State<Front>, request: Request) -> Result<Response, Failure> {
    let mut form = Form::read(&front, Class::Read, request).await?;
    let (token, client) = (form.take("token"), Some(form.client));
    auth(&front).revoke_token(wire::call(&form.cx, RevokeTokenRequest { client, token })).await?;
    Ok(answer(&json!({})))
}

/// OpenID Connect Core, section 5.3.
async fn user_info(State(front): State<Front>, request: Request) -> Result<Response, Failure> {
    let (parts, _) = request.into_parts();
    let visitor =
        enter(&front, &parts, Class::Read, (Wanted::Anyone, Opens::Normally), &mut None).await?;
    let shown = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|text| text.split_once(' '));
    let token = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let access_token = token.map(|(_, token)| token.to_owned()).unwrap_or_default();
    let cx = Cx { tenant: None, ..visitor.cx };
    let asked = wire::call(&cx, GetUserInfoRequest { access_token });
    let told = auth(&front).get_user_info(asked).await?.into_inner();
    let mut body = json!({"sub": told.sub});
    if !told.email.is_empty() {
        body["email"] = told.email.into();
        body["email_verified"] = true.into();
    }
    Ok(answer(&body))
}

/// RFC 8414 and OpenID Connect Discovery.
async fn metadata(State(front): State<Front>, request: Request) -> Result<Response, Failure> {
    let (parts, _) = request.into_parts();
    let visitor =
        enter(&front, &parts, Class::Read, (Wanted::Anyone, Opens::Always), &mut None).await?;
    let signers = front.access_tokens().signers(&visitor.cx).await?;
    let issuer = signers.issuer();
    let at = |path: &str| format!("{issuer}{path}");
    let algorithms: BTreeSet<&str> =
        signers.keys.iter().map(|key| key.algorithm().as_str()).collect();
    let methods = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];
    let proofs = ["EdDSA", "Ed25519", "ES256", "RS256"];
    Ok(answer(&json!({
        "issuer": issuer,
        "authorization_endpoint": at("/oauth/authorize"),
        "token_endpoint": at("/oauth/token"),
        "device_authorization_endpoint": at("/oauth/device"),
        "end_session_endpoint": at("/oauth/logout"),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "pushed_authorization_request_endpoint": at("/oauth/par"),
        "require_pushed_authorization_requests": false,
        "introspection_endpoint": at("/oauth/introspect"),
        "revocation_endpoint": at("/oauth/revoke"),
        "userinfo_endpoint": at("/oauth/userinfo"),
        "jwks_uri": at("/.well-known/jwks.json"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", DEVICE, EXCHANGE],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "consent"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": proofs,
        "introspection_endpoint_auth_methods_supported": methods[..3],
        "introspection_endpoint_auth_signing_alg_values_supported": proofs,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": proofs,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms,
        "scopes_supported": ["openid", "email"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "sid", "email"],
        "authorization_response_iss_parameter_supported": true,
    })))
}

#[cfg(test)]
mod tests;
