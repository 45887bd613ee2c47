//! The doors of the provider: configuration, keys, the page where people consent, and the exchange of codes.

use std::sync::{Arc, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::{Book, CLIENT, Grant, Provider, forge::Forge};

pub(super) fn serve(provider: Arc<Provider>, listener: TcpListener) {
    let life = provider.life.clone();
    let ending = life.ending.clone();
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(configuration))
        .route("/keys", get(keys))
        .route("/authorize", get(authorize))
        .route("/token", post(token))
        .with_state(provider);
    life.spawn(async move {
        let served = axum::serve(listener, router);
        if let Err(failure) = served.with_graceful_shutdown(ending.cancelled_owned()).await {
            tracing::error!(%failure, "the stand-in of an OpenID provider has stopped serving");
        }
    });
}

impl Provider {
    fn book<T>(&self, act: impl FnOnce(&mut Book) -> T) -> T {
        act(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn configuration(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = &provider.issuer;
    let mut said = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "authorization_response_iss_parameter_supported": true,
    });
    let says = provider.book(|book| book.says.clone());
    Forge::twist(&says, &mut said);
    Json(said)
}

async fn keys(State(provider): State<Arc<Provider>>) -> Json<Value> {
    Json(provider.keys.set())
}

/// What the browser comes with.
#[derive(Deserialize)]
struct Wish {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    scope: String,
    state: String,
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
}

async fn authorize(State(provider): State<Arc<Provider>>, Query(wish): Query<Wish>) -> Response {
    let known = wish.client_id == CLIENT && wish.redirect_uri.starts_with(&provider.back);
    let asks = wish.response_type == "code" && wish.code_challenge_method == "S256";
    if !known || !asks || !wish.scope.split(' ').any(|scope| scope == "openid") {
        return (StatusCode::BAD_REQUEST, "This client or wish is not known here.").into_response();
    }
    let back = |answer: &str| {
        let issuer = provider.issuer.replace(':', "%3A").replace('/', "%2F");
        let state = &wish.state;
        Redirect::to(&format!("{}?{answer}&state={state}&iss={issuer}", wish.redirect_uri))
    };
    let Some(person) = provider.book(|book| book.person.clone()) else {
        return back("error=access_denied").into_response();
    };
    let code = Uuid::new_v4().simple().to_string();
    let sent = back(&format!("code={code}")).into_response();
    let Wish { redirect_uri, nonce, code_challenge: challenge, .. } = wish;
    let grant = Grant { person, redirect_uri, nonce, challenge };
    provider.book(|book| book.codes.insert(code, grant));
    sent
}

/// What the client comes with.
#[derive(Deserialize)]
struct Exchange {
    grant_type: String,
    code: String,
    redirect_uri: String,
    code_verifier: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_secret: String,
}

/// Id and secret as the header shows them (RFC 6749, section 2.3.1).
fn shown(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let pair = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    let (id, secret) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
    Some((plain(id)?, plain(secret)?))
}

/// What stands for a text in a form.
fn plain(escaped: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = escaped.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

async fn token(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    Form(exchange): Form<Exchange>,
) -> Response {
    let refused = |status, error: &str| (status, Json(json!({"error": error}))).into_response();
    let basic = shown(&headers) == Some((CLIENT.to_owned(), provider.secret.clone()));
    let posted = exchange.client_id == CLIENT && exchange.client_secret == provider.secret;
    if !basic && !posted {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    // A code is good once, also for a wrong verifier.
    let grant = provider.book(|book| {
        book.exchanges += 1;
        book.codes.remove(&exchange.code)
    });
    let challenge = digest(&SHA256, exchange.code_verifier.as_bytes());
    let fits = |grant: &Grant| {
        exchange.grant_type == "authorization_code"
            && exchange.redirect_uri == grant.redirect_uri
            && URL_SAFE_NO_PAD.encode(challenge) == grant.challenge
    };
    let Some(grant) = grant.filter(fits) else {
        return refused(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    let forge = provider.book(|book| book.forges.pop_front()).unwrap_or_default();
    let now = jiff::Timestamp::now().as_second();
    let claims = json!({
        "iss": provider.issuer, "sub": grant.person.subject, "aud": CLIENT, "exp": now + 300, "iat": now,
        "nonce": grant.nonce, "email": grant.person.email, "email_verified": grant.person.email_verified,
        "name": "Ann of School",
    });
    match provider.keys.token(&claims, &forge, &provider.secret) {
        Ok(token) => Json(json!({
            "access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": token,
        }))
        .into_response(),
        Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
    }
}
