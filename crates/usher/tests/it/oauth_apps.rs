//! Apps that prove themselves by a key and push what they ask for, apps of the platform, and what people have allowed.

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::json;
use testkit::Platform;

use crate::{
    oauth::{BACK, Browser, VERIFIER, approval, form},
    steps::{text, unique},
};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()))
}

fn code(to: &str) -> &str {
    to.split_once("?code=").expect("a code").1.split('&').next().expect("a code")
}

/// What the app signs to prove which one it is.
fn assertion(platform: &Platform, pair: &Ed25519KeyPair, name: &str) -> String {
    let now = jiff::Timestamp::now().as_second();
    let claims = json!({
        "iss": name, "sub": name, "aud": platform.url(), "iat": now, "exp": now + 60, "jti": unique("jti"),
    });
    let header = json!({"alg": "EdDSA", "kid": "one", "typ": "JWT"});
    let parts = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let message = parts.join(".");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes())))
}

#[tokio::test]
async fn an_app_proves_itself_by_its_key_and_pushes_what_it_asks_for() {
    let platform = Platform::start().await;
    let told = platform.anonymous().get("/.well-known/openid-configuration").await.json();
    let par = format!("{}/oauth/par", platform.url());
    assert_eq!(told["pushed_authorization_request_endpoint"], par);
    assert_eq!(told["require_pushed_authorization_requests"], false);
    let ways = json!(["EdDSA", "Ed25519", "ES256", "RS256"]);
    assert_eq!(told["token_endpoint_auth_signing_alg_values_supported"], ways);
    let methods = &told["token_endpoint_auth_methods_supported"];
    assert!(methods.as_array().expect("a list").contains(&json!("private_key_jwt")));

    let admin = platform.tenant("Acme").await.admin().await;
    let pair = Ed25519KeyPair::generate().expect("draws");
    let x = URL_SAFE_NO_PAD.encode(pair.public_key());
    let key = json!({"kid": "one", "kty": "OKP", "crv": "Ed25519", "x": x});
    let wish = |key: serde_json::Value| {
        json!({"name": "Ledger", "redirectUris": [BACK], "confidential": true, "keys": [key],
               "scopes": ["openid"], "requirePushedAuthorizationRequests": true})
    };
    let mut private = key.clone();
    private["d"] = "AAAA".into();
    let refused = admin.post("/v1/oauth-clients", wish(private)).await;
    assert_eq!(refused.status, 400, "a private key is none of ours: {refused:?}");
    let made = admin.post("/v1/oauth-clients", wish(key)).await.json();
    assert!(made["clientSecret"].is_null() || made["clientSecret"] == "", "{made}");
    let name = text(&made["client"], "clientId");
    let signed = || assertion(&platform, &pair, name);
    let challenge = challenge();
    let wish = [
        ("response_type", "code"),
        ("client_id", name),
        ("redirect_uri", BACK),
        ("scope", "openid"),
        ("state", "s1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let browser = Browser::of(&platform, &admin);
    let (status, to, _) = browser.look(&wish).await;
    assert_eq!(status, 303);
    assert!(to.starts_with("https://app.example/cb?error=invalid_request&state=s1"), "{to}");
    let first = signed();
    let mut push = wish.to_vec();
    push.extend([("client_assertion_type", ASSERTION), ("client_assertion", &first)]);
    let (status, pushed) = form(&platform, "/oauth/par", &push).await;
    assert_eq!((status, pushed["expires_in"].as_i64()), (201, Some(90)), "{pushed}");
    let (status, again) = form(&platform, "/oauth/par", &push).await;
    assert_eq!((status, again["error"].as_str()), (401, Some("invalid_client")), "counts once");
    let uri = text(&pushed, "request_uri");
    let named = [("client_id", name), ("request_uri", uri)];
    let (status, policy, page) = browser.look(&named).await;
    assert_eq!(status, 200, "{page}");
    assert!(policy.contains("form-action 'self' https://app.example;"), "{policy}");
    let asked = approval(&page).to_owned();
    let (_, to) = browser.answer(&named, &asked, ("yes", "same-origin")).await;
    assert!(to.contains("&state=s1&"), "{to}");
    let second = signed();
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", code(&to)),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
        ("client_assertion_type", ASSERTION),
        ("client_assertion", &second),
    ];
    let (status, granted) = form(&platform, "/oauth/token", &redeem).await;
    assert_eq!(status, 200, "{granted}");
    assert_eq!(browser.look(&named).await.0, 400, "what was pushed counts once");
    let (third, token) = (signed(), text(&granted, "access_token"));
    let proof = [
        ("client_assertion_type", ASSERTION),
        ("client_assertion", third.as_str()),
        ("token", token),
    ];
    let (_, told) = form(&platform, "/oauth/introspect", &proof).await;
    assert_eq!(told["active"], true);
    platform.stop().await;
}

#[tokio::test]
async fn a_person_looks_at_what_apps_may_and_takes_it_back() {
    let platform = Platform::start().await;
    let acme = platform.tenant("Acme").await;
    let admin = acme.admin().await;
    let wish =
        json!({"name": "<b>Diary</b>", "redirectUris": [BACK], "scopes": ["openid", "email"]});
    let made = admin.post("/v1/oauth-clients", wish).await.json();
    let (name, challenge) = (text(&made["client"], "clientId"), challenge());
    let wish = |scope: &'static str, prompt: &'static str| {
        [
            ("response_type", "code"),
            ("client_id", name),
            ("redirect_uri", BACK),
            ("scope", scope),
            ("prompt", prompt),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ]
    };
    let browser = Browser::of(&platform, &admin);
    let (_, to, _) = browser.look(&wish("openid", "none")).await;
    assert!(to.starts_with("https://app.example/cb?error=consent_required"), "{to}");
    let quiet = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let quiet = quiet.build().expect("a client");
    let stranger = async |prompt: &'static str| {
        let asked = quiet.get(browser.address(&wish("openid", prompt)));
        let answer = asked.send().await.expect("answers");
        let to = answer.headers().get("location").and_then(|to| to.to_str().ok());
        (answer.status().as_u16(), to.unwrap_or_default().to_owned())
    };
    assert_eq!(stranger("").await, (303, "/signin".into()));
    assert!(stranger("none").await.1.starts_with("https://app.example/cb?error=login_required"));
    let (_, _, page) = browser.look(&wish("openid", "")).await;
    let asked = approval(&page).to_owned();
    browser.answer(&wish("openid", ""), &asked, ("yes", "same-origin")).await;
    let (status, to, _) = browser.look(&wish("openid", "none")).await;
    assert_eq!(status, 303);
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", code(&to)),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
        ("client_id", name),
    ];
    let (status, granted) = form(&platform, "/oauth/token", &redeem).await;
    assert_eq!(status, 200, "without a question: {granted}");
    assert_eq!(browser.look(&wish("openid%20email", "")).await.0, 200, "it asks for more");
    assert_eq!(browser.look(&wish("openid", "consent")).await.0, 200, "it asks anyhow");

    let (status, _, page) = browser.open(&browser.place("/account/apps")).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("&#60;b&#62;Diary") && !page.contains("<b>Diary"), "{page}");
    let listed = admin.get("/v1/me/consents").await.json();
    let consent = text(&listed["consents"][0], "consentId");
    assert_eq!(listed["consents"][0]["tenantId"], acme.id.to_string());
    let path = format!("/account/apps/{consent}/withdraw");
    let forged = browser.send(&path, &[], "cross-site").await;
    assert_eq!(forged.0, 403, "another site's form");
    let (status, to) = browser.send(&path, &[], "same-origin").await;
    assert_eq!((status, to.as_str()), (303, "/account/apps"));
    let (_, _, page) = browser.open(&browser.place("/account/apps")).await;
    assert!(page.contains("not allowed any app"), "{page}");
    let renew = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&granted, "refresh_token")),
        ("client_id", name),
    ];
    let (status, refused) = form(&platform, "/oauth/token", &renew).await;
    assert_eq!((status, refused["error"].as_str()), (400, Some("invalid_grant")));
    let nobody = platform.anonymous();
    let read = async || {
        let token = text(&granted, "access_token");
        nobody.send(nobody.request(Method::GET, "/oauth/userinfo").bearer_auth(token)).await.status
    };
    platform.eventually("the token is refused", async || read().await == 401).await;
    let gone =
        admin.send(admin.request(Method::DELETE, &format!("/v1/me/consents/{consent}"))).await;
    assert_eq!(gone.problem().code, "consent_not_found");
    platform.stop().await;
}

#[tokio::test]
async fn an_app_of_the_platform_serves_each_tenant_apart() {
    let platform = Platform::start().await;
    let (acme, beta) = (platform.tenant("Acme").await, platform.tenant("Beta").await);
    let admin = acme.admin().await;
    let wish = json!({"name": "Usher Mobile", "redirectUris": [BACK],
                      "scopes": ["openid", "user.members.read"]});
    let denied = admin.outside().post("/v1/platform/oauth-clients", wish.clone()).await.problem();
    assert_eq!(denied.code, "permission_denied");
    let staff = platform.staff("operator").await;
    let made = staff.post("/v1/platform/oauth-clients", wish).await.json();
    let (name, challenge) = (text(&made["client"], "clientId"), challenge());
    let wish = [
        ("response_type", "code"),
        ("client_id", name),
        ("redirect_uri", BACK),
        ("scope", "openid%20user.members.read"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let browser = Browser::of(&platform, &admin);
    assert_eq!(browser.look(&wish).await.0, 404, "at no tenant's address");
    let browser = browser.within(&acme);
    let (status, _, page) = browser.look(&wish).await;
    assert_eq!(status, 200, "{page}");
    let mut sent = wish;
    sent[3].1 = "openid user.members.read";
    let asked = approval(&page).to_owned();
    let (_, to) = browser.answer(&sent, &asked, ("yes", "same-origin")).await;
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", code(&to)),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
        ("client_id", name),
    ];
    let (status, granted) = form(&platform, "/oauth/token", &redeem).await;
    assert_eq!(status, 200, "{granted}");
    let (nobody, token) = (platform.anonymous(), text(&granted, "access_token"));
    let read = async |tenant: &testkit::Tenant| {
        let asked = nobody.request(Method::GET, "/v1/members").bearer_auth(token);
        nobody.send(asked.header("x-tenant-id", tenant.id.to_string())).await.status
    };
    assert_eq!(read(&acme).await, 200);
    assert_ne!(read(&beta).await, 200, "not in another tenant");
    let (_, to, _) = Browser::of(&platform, &admin).within(&beta).look(&wish).await;
    assert_eq!(to, format!("/t/{}/signin", beta.slug), "a stranger");

    let path = format!("/v1/platform/oauth-clients/{name}/consent");
    let set = staff.request(Method::PUT, &path).json(&json!({"implicit": true}));
    assert_eq!(staff.send(set).await.json()["implicitConsent"], true);
    let member = acme.member("user").await;
    let (status, to, _) = Browser::of(&platform, &member).within(&acme).look(&wish).await;
    assert_eq!(status, 303);
    assert!(to.starts_with("https://app.example/cb?code=uo_"), "nobody is asked: {to}");
    let end = staff.request(Method::DELETE, &format!("/v1/platform/oauth-clients/{name}"));
    assert!(staff.send(end).await.json()["endedAt"].is_string());
    platform.eventually("its tokens end", async || read(&acme).await == 401).await;
    platform.stop().await;
}
