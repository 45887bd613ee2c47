//! `users.*` and `user.*`, one contract a test.

use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::{Actor, Platform};

use crate::steps::{accept, token_for, unique};

fn email() -> String {
    format!("{}@example.test", unique("guest"))
}

async fn create(admin: &Actor, email: &str) -> Value {
    let wish = json!({"email": email, "name": "Some Guest", "roles": "client"});
    admin.post("/api/admin/users", wish).await.json()["result"].clone()
}

#[tokio::test]
async fn numbers_belong_to_a_tenant_and_another_tenants_number_is_nobodys() {
    let platform = Platform::start().await;
    let acme = platform.tenant("Acme").await.admin().await;
    let beta = platform.tenant("Beta").await.admin().await;
    let email = email();
    let (here, there) = (create(&acme, &email).await, create(&beta, &email).await);
    assert_eq!(here["user_id"], there["user_id"], "one person");
    for id in [&here["id"], &here["user_id"]] {
        let read = acme.get(&format!("/admin/user/{}", plain(id))).await;
        assert_eq!(read.json()["result"]["email"], email.as_str());
    }
    let stranger = create(&beta, &self::email()).await;
    for id in [plain(&stranger["id"]), plain(&stranger["user_id"]), "999999999".into()] {
        for (verb, path) in [
            (Method::GET, format!("/admin/user/{id}")),
            (Method::PATCH, format!("/api/admin/user/{id}")),
            (Method::GET, format!("/api/admin/user/{id}/spreadsheets")),
            (Method::GET, format!("/api/admin/user/{id}/wb/token")),
            (Method::DELETE, format!("/api/admin/user/{id}/spreadsheet/sheet")),
        ] {
            let request = acme.request(verb, &path).json(&json!({"is_active": false}));
            let answer = acme.send(request).await;
            let body: Value = serde_json::from_str(&answer.body).expect("JSON");
            assert_eq!(
                (answer.status, &body["error_code"]),
                (404, &json!("person_not_found")),
                "{path}"
            );
        }
    }
    platform.stop().await;
}

#[tokio::test]
async fn a_person_who_is_switched_off_may_nothing_and_may_be_switched_on_again() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let (admin, guest) = (tenant.admin().await, tenant.member("operator").await);
    let me = format!("/api/admin/user/{}", guest.email());
    let ask = async || guest.get("/api/admin/users").await.status;
    assert_eq!(ask().await, 200);
    let switch = async |is_active: bool| {
        let body = json!({"is_active": is_active});
        let request = admin.request(Method::PATCH, &me).json(&body);
        admin.send(request).await.json()["result"]["is_active"].clone()
    };
    assert_eq!(switch(false).await, false);
    platform.eventually("the rights end", async || ask().await == 404).await;
    assert_eq!(switch(true).await, true);
    platform.eventually("the rights are back", async || ask().await == 200).await;
    platform.stop().await;
}

#[tokio::test]
async fn nobody_changes_their_own_rights_nor_gives_what_they_lack() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let admin = tenant.admin().await;
    let own = format!("/api/admin/user/{}", admin.user_id());
    let update = async |path: &str, body: Value| {
        let answer = admin.send(admin.request(Method::PATCH, path).json(&body)).await;
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        (answer.status, body["error_code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(update(&own, json!({"is_active": false})).await, (403, "own_account".into()));
    assert_eq!(update(&own, json!({"roles": ["client"]})).await, (403, "own_account".into()));
    assert_eq!(update(&own, json!({"name": "New Name"})).await.0, 200);
    let invited = create(&admin, &email()).await;
    let path = format!("/api/admin/user/{}", plain(&invited["id"]));
    assert_eq!(update(&path, json!({"roles": ["user"]})).await, (409, "not_joined".into()));
    assert_eq!(update(&path, json!({"roles": "emperor"})).await, (400, "invalid_argument".into()));
    assert_eq!(update(&path, json!({"is_active": false})).await.0, 200);
    let shown = admin.get(&path).await.json();
    assert_eq!(shown["result"]["status"], "revoked", "the invitation is taken back");
    platform.stop().await;
}

#[tokio::test]
async fn a_repeated_key_makes_one_invitation_and_a_spent_link_is_told_no_more() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let email = email();
    let wish = json!({"email": email, "name": "A", "roles": ["client"], "idempotency_key": "k-1"});
    let first = admin.post("/api/admin/users", wish.clone()).await.json();
    let second = admin.post("/api/admin/users", wish).await.json();
    assert_eq!(first["result"]["id"], second["result"]["id"]);
    assert!(second["result"]["activation_link"].is_null());
    let token = token_for(&platform, &email).await;
    accept(&platform, &token).await.json();
    let id = plain(&first["result"]["id"]);
    let shown = admin.get(&format!("/api/admin/user/{id}")).await.json();
    assert!(shown["result"]["activation_link"].is_null() && shown["result"]["is_active"] == true);
    platform.stop().await;
}

#[tokio::test]
async fn a_colleague_does_not_get_the_link_of_an_invitation_they_did_not_make() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let (maker, colleague) = (tenant.admin().await, tenant.admin().await);
    let wish = json!({"email": email(), "name": "A", "role": "client"});
    let invite = maker.post("/v1/invites", wish).await.json();
    let path = format!("/v1/invites/{}/link", plain(&invite["inviteId"]));
    assert_eq!(colleague.post(&path, json!({})).await.problem().code, "link_taken");
    assert!(maker.post(&path, json!({})).await.json()["url"].is_string());
    assert_eq!(maker.post(&path, json!({})).await.problem().code, "link_taken");
    platform.stop().await;
}

#[tokio::test]
async fn pages_of_people_join_without_gap() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    for _ in 0..4 {
        create(&admin, &email()).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/api/admin/users?limit=2&cursor={cursor}")).await.json();
        assert_eq!(page["meta"]["total"], 5);
        let items = page["result"].as_array().expect("items");
        seen.extend(items.iter().map(|item| item["id"].as_i64().expect("a number")));
        match page["meta"]["cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted());
    platform.stop().await;
}

#[tokio::test]
async fn an_api_key_is_the_token_and_a_cookie_is_nothing() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let nobody = platform.anonymous();
    let tenant = admin.get("/v1/members").await.json();
    assert!(tenant["members"].is_array());
    let ask = async |name: &'static str, value: String| {
        let members = admin.request(Method::GET, "/api/admin/users").build().expect("a request");
        let tenant = members.headers()["x-tenant-id"].clone();
        let request = nobody.request(Method::GET, "/api/admin/users");
        nobody.send(request.header("x-tenant-id", tenant).header(name, value)).await.status
    };
    let token = admin.token().expose_secret();
    assert_eq!(ask("x-api-key", token.to_owned()).await, 200);
    assert_eq!(ask("x-api-key", "wrong".into()).await, 401);
    assert_eq!(ask("cookie", format!("usher={token}")).await, 401);
    platform.stop().await;
}

/// An id as it stands in a path.
pub(super) fn plain(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}
