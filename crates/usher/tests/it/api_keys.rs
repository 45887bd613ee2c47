//! API keys as software meets them: in either header, within their scopes, until their owner or tenant rests.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, Platform, Response};

use crate::steps::text;

async fn make(admin: &Actor, wish: Value) -> Value {
    admin.post("/v1/api-keys", wish).await.json()
}

/// A request with the key alone; it names no tenant, for the key does.
async fn by_key(platform: &Platform, method: Method, path: &str, secret: &str) -> Response {
    let nobody = platform.anonymous();
    nobody.send(nobody.request(method, path).header("x-api-key", secret)).await
}

async fn members(platform: &Platform, secret: &str) -> u16 {
    by_key(platform, Method::GET, "/v1/members", secret).await.status
}

#[tokio::test]
async fn a_key_does_what_its_owner_may_within_its_scopes_and_nothing_of_an_account() {
    let platform = Platform::start().await;
    let (acme, beta) = (platform.tenant("Acme").await, platform.tenant("Beta").await);
    let admin = acme.admin().await;
    let made = make(&admin, json!({"name": "Sync", "scopes": ["user.members.read"]})).await;
    let secret = text(&made, "secret");
    assert_eq!(members(&platform, secret).await, 200);
    let nobody = platform.anonymous();
    let bearer = nobody.request(Method::GET, "/v1/members").bearer_auth(secret);
    assert_eq!(nobody.send(bearer).await.status, 200);
    for (method, path, code) in [
        (Method::GET, "/v1/invites", "permission_denied"),
        (Method::GET, "/v1/sessions", "session_required"),
        (Method::DELETE, "/v1/sessions", "session_required"),
        (Method::POST, "/v1/tokens", "session_required"),
        (Method::GET, "/v1/me", "session_required"),
    ] {
        let refused = by_key(&platform, method, path, secret).await.problem();
        assert_eq!((refused.status, refused.code.as_str()), (403, code), "{path}");
    }
    let elsewhere = nobody.request(Method::GET, "/v1/members").header("x-api-key", secret);
    let elsewhere = nobody.send(elsewhere.header("x-tenant-id", beta.id.to_string())).await;
    assert_eq!(elsewhere.problem().code, "tenant_mismatch");
    let both = nobody.request(Method::GET, "/v1/members").bearer_auth(secret);
    let both = nobody.send(both.header("x-api-key", secret)).await;
    assert_eq!(both.problem().code, "bad_credential");
    for wrong in [&secret[..secret.len() - 1], "uk_", "", "us_AAAA"] {
        let refused = by_key(&platform, Method::GET, "/v1/members", wrong).await.problem();
        assert_eq!((refused.status, refused.code.as_str()), (401, "bad_credential"), "{wrong}");
    }
    platform.stop().await;
}

#[tokio::test]
async fn a_service_accounts_key_rests_with_the_account_and_with_the_tenant() {
    let platform = Platform::start().await;
    let acme = platform.tenant("Acme").await;
    let owner = acme.member("owner").await;
    let keyed = owner.request(Method::POST, "/v1/service-accounts");
    let keyed = keyed.header("idempotency-key", "robot").json(&json!({"name": "Robot"}));
    let robot = owner.send(keyed).await.json();
    let id = text(&robot, "serviceAccountId");
    let bind = json!({"subjectType": "service_account", "subjectId": id, "role": "user"});
    owner.post("/v1/role-bindings", bind).await.json();
    let scopes = ["user.members.read"];
    let wish = json!({"name": "Robot", "serviceAccountId": id, "scopes": scopes});
    let made = make(&owner, wish).await;
    let secret = text(&made, "secret").to_owned();
    assert_eq!(members(&platform, &secret).await, 200);
    owner.post(&format!("/v1/service-accounts/{id}/disable"), json!({})).await.json();
    let rests = async |status: u16| members(&platform, &secret).await == status;
    platform.eventually("the key rests with its account", async || rests(404).await).await;
    owner.post(&format!("/v1/service-accounts/{id}/enable"), json!({})).await.json();
    platform.eventually("and goes on with it", async || rests(200).await).await;
    let root = platform.operator().await;
    let path = format!("/v1/tenants/{}", acme.id);
    root.post(&format!("{path}/suspend"), json!({"reason": "unpaid"})).await.json();
    platform.eventually("the key rests with its tenant", async || rests(403).await).await;
    root.post(&format!("{path}/resume"), json!({})).await.json();
    platform.eventually("and goes on with it", async || rests(200).await).await;
    let made = text(&made["apiKey"], "apiKeyId");
    owner.delete(&format!("/v1/api-keys/{made}")).await.json();
    platform.eventually("the key has ended", async || rests(401).await).await;
    platform.stop().await;
}

#[tokio::test]
async fn a_key_is_held_to_its_own_pace() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let made = make(&admin, json!({"name": "Slow", "requestsPerMinute": 3})).await;
    let secret = text(&made, "secret");
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(members(&platform, secret).await);
    }
    assert_eq!(statuses[..3], [200, 200, 200]);
    assert!(statuses[3..].contains(&429), "{statuses:?}");
    let other = make(&admin, json!({"name": "Other"})).await;
    assert_eq!(members(&platform, text(&other, "secret")).await, 200, "another key has its own");
    platform.stop().await;
}
