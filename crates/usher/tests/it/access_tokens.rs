//! Access tokens as software meets them: over HTTP, from the sign-in to the end of the session.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, Platform, Response};

use crate::steps::text;

/// A read of the tenant's members with this token; it names no tenant, for the token does.
async fn members(platform: &Platform, token: &str) -> Response {
    let nobody = platform.anonymous();
    nobody.send(nobody.request(Method::GET, "/v1/members").bearer_auth(token)).await
}

async fn refreshed(platform: &Platform, set: &Value) -> Response {
    let wish = json!({"refreshToken": text(set, "refreshToken")});
    platform.anonymous().post("/v1/tokens/refresh", wish).await
}

async fn tokens(member: &Actor) -> Value {
    member.post("/v1/tokens", json!({})).await.json()
}

#[tokio::test]
async fn a_token_opens_its_own_tenant_without_naming_it_and_no_other() {
    let platform = Platform::start().await;
    let (acme, beta) = (platform.tenant("Acme").await, platform.tenant("Beta").await);
    let member = acme.member("admin").await;
    let set = tokens(&member).await;
    let token = text(&set, "accessToken");
    assert_eq!(members(&platform, token).await.json()["members"][0]["userId"], member.user_id());
    let nobody = platform.anonymous();
    let elsewhere = nobody.request(Method::GET, "/v1/members").bearer_auth(token);
    let elsewhere = nobody.send(elsewhere.header("x-tenant-id", beta.id.to_string())).await;
    let refused = elsewhere.problem();
    assert_eq!((refused.status, refused.code.as_str()), (403, "tenant_mismatch"));
    let more = nobody.request(Method::POST, "/v1/tokens").bearer_auth(token).json(&json!({}));
    assert_eq!(nobody.send(more).await.problem().code, "session_required", "no tokens for tokens");
    platform.stop().await;
}

#[tokio::test]
async fn e_mail_and_password_give_tokens_and_they_are_renewed() {
    let platform = Platform::start().await;
    let acme = platform.tenant("Acme").await;
    let member = acme.member("admin").await;
    let wish = json!({"email": member.email(), "password": member.password()});
    let path = format!("/t/{}/v1/tokens/sign-in", acme.slug);
    let set = platform.anonymous().post(&path, wish).await.json();
    assert_eq!(members(&platform, text(&set, "accessToken")).await.status, 200);
    let next = refreshed(&platform, &set).await.json();
    assert_eq!(members(&platform, text(&next, "accessToken")).await.status, 200);
    let again = refreshed(&platform, &set).await.json();
    assert_eq!(text(&again, "refreshToken"), text(&next, "refreshToken"), "nobody is signed out");
    platform.stop().await;
}

#[tokio::test]
async fn a_token_ends_soon_after_the_session_and_the_membership() {
    let platform = Platform::start().await;
    let acme = platform.tenant("Acme").await;
    let admin = acme.admin().await;
    let (ended, removed) = (acme.member("admin").await, acme.member("admin").await);
    let of_ended = tokens(&ended).await;
    let of_removed = tokens(&removed).await;
    for set in [&of_ended, &of_removed] {
        assert_eq!(members(&platform, text(set, "accessToken")).await.status, 200);
    }
    assert_eq!(ended.delete("/v1/sessions/current").await.status, 200);
    let path = format!("/v1/members/{}/remove", removed.user_id());
    assert_eq!(admin.post(&path, json!({})).await.status, 200);
    platform
        .eventually("the token without a session is refused", async || {
            members(&platform, text(&of_ended, "accessToken")).await.status == 401
        })
        .await;
    platform
        .eventually(
            "the token without a membership finds no tenant, and soon has ended",
            async || {
                matches!(
                    members(&platform, text(&of_removed, "accessToken")).await.status,
                    401 | 404
                )
            },
        )
        .await;
    assert_eq!(refreshed(&platform, &of_ended).await.problem().code, "session_ended");
    // Before the removal is heard the tenant is unknown, and from then on the token has ended.
    let code = refreshed(&platform, &of_removed).await.problem().code;
    assert!(["tenant_unknown", "session_ended", "bad_token"].contains(&code.as_str()), "{code}");
    platform.stop().await;
}

#[tokio::test]
async fn keys_are_published_with_leave_to_keep_them_and_verify_what_was_signed() {
    let platform = Platform::start().await;
    let member = platform.tenant("Acme").await.member("user").await;
    let set = tokens(&member).await;
    let published = platform.anonymous().get("/.well-known/jwks.json").await;
    assert_eq!(published.headers["content-type"], "application/jwk-set+json");
    assert_eq!(published.headers["cache-control"], "public, max-age=300");
    let keys = published.json()["keys"].as_array().expect("keys").clone();
    let key = &keys[0];
    assert_eq!((key["kty"].as_str(), key["alg"].as_str()), (Some("OKP"), Some("EdDSA")));
    assert!(key["d"].is_null(), "the private half");
    let token = text(&set, "accessToken");
    let header = token.split('.').next().expect("a header");
    let header = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, header);
    let header: Value = serde_json::from_slice(&header.expect("base64")).expect("JSON");
    assert_eq!((&header["kid"], header["typ"].as_str()), (&key["kid"], Some("at+jwt")));
    platform.stop().await;
}

#[tokio::test]
async fn no_request_fails_while_keys_are_replaced() {
    let clock = kernel::Clock::standing_at(jiff::Timestamp::now().into());
    let platform = Platform::builder().clock(clock.clone()).start().await;
    let member = platform.tenant("Acme").await.member("admin").await;
    let root = platform.staff("super_admin").await;
    let mut kids = std::collections::BTreeSet::new();
    for minute in 0..40 {
        if minute == 5 {
            let rotated = root.post("/v1/signing-keys/rotate", json!({})).await.json();
            assert_eq!(rotated["state"], "next");
        }
        let set = tokens(&member).await;
        let token = text(&set, "accessToken");
        kids.insert(token.split('.').next().expect("a header").to_owned());
        assert_eq!(members(&platform, token).await.status, 200, "in minute {minute}");
        clock.advance(std::time::Duration::from_secs(60));
        assert_eq!(members(&platform, token).await.status, 200, "after minute {minute}");
    }
    assert_eq!(kids.len(), 2, "two keys have signed");
    let listed = root.get("/v1/signing-keys").await.json();
    assert_eq!(listed["keys"].as_array().map(Vec::len), Some(1), "{listed}");
    platform.kill();
}
