//! What is wrong with a legacy request is told in the legacy way.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, Platform, Response};

use crate::steps::unique;

fn assert_told(what: &str, answer: &Response, status: u16, code: &str) {
    let body: Value =
        serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{what}: {answer:?}"));
    assert_eq!(
        (answer.status, body["error_code"].as_str()),
        (status, Some(code)),
        "{what}: {body}"
    );
    assert_eq!(body["success"], false, "{what}");
    assert!(body["message"].as_str().is_some_and(|text| !text.is_empty()), "{what}: {body}");
    assert_eq!(answer.headers["content-type"], "application/json", "{what}");
    assert_eq!(
        body["request_id"],
        answer.headers["x-request-id"].to_str().expect("text"),
        "{what}"
    );
}

async fn raw(actor: &Actor, verb: Method, path: &str, body: String) -> Response {
    let request = actor.request(verb, path).header("content-type", "application/json").body(body);
    actor.send(request).await
}

#[tokio::test]
async fn whatever_is_wrong_with_a_legacy_request_is_told_in_its_envelope() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let deep = format!("{{\"values\": {}{}}}", "[".repeat(5000), "]".repeat(5000));
    let long = format!("{{\"email\": \"{}\"}}", "a".repeat(1024 * 1024));
    let users = "/api/admin/users";
    let user = format!("/api/admin/user/{}", admin.user_id());
    let cases: [(&str, Method, &str, &str, u16, &str); 19] = [
        ("no e-mail", Method::POST, users, r#"{"name": "A"}"#, 400, "invalid_argument"),
        ("no name", Method::POST, users, r#"{"email": "a@example.test"}"#, 400, "invalid_argument"),
        (
            "an odd role",
            Method::POST,
            users,
            r#"{"email": "a@example.test", "name": "A", "roles": "king"}"#,
            400,
            "role_unknown",
        ),
        (
            "two roles",
            Method::POST,
            users,
            r#"{"email": "a@example.test", "name": "A", "roles": ["client", "user"]}"#,
            400,
            "invalid_argument",
        ),
        ("a role that is none", Method::POST, users, r#"{"roles": [7]}"#, 400, "invalid_argument"),
        (
            "odd hours",
            Method::POST,
            users,
            r#"{"email": "a@example.test", "name": "A", "expires_in_hours": 9999}"#,
            400,
            "invalid_argument",
        ),
        ("bad JSON", Method::POST, users, r#"{"email": "#, 400, "bad_json"),
        ("no object", Method::POST, users, "[1]", 400, "bad_json"),
        ("too deep", Method::POST, users, &deep, 400, "bad_json"),
        ("too much", Method::POST, users, &long, 413, "body_too_large"),
        (
            "an odd flag",
            Method::PATCH,
            &user,
            r#"{"is_active": "perhaps"}"#,
            400,
            "invalid_argument",
        ),
        ("no id", Method::GET, "/api/admin/user/one", "", 400, "invalid_argument"),
        ("nobody", Method::GET, "/api/admin/user/no@example.test", "", 404, "person_not_found"),
        (
            "no spreadsheet",
            Method::POST,
            "/api/admin/spreadsheets/register",
            "{}",
            400,
            "invalid_argument",
        ),
        (
            "no token",
            Method::POST,
            "/api/admin/wb/tokens/add",
            r#"{"ssId": "s"}"#,
            400,
            "invalid_argument",
        ),
        ("no sheet to read", Method::POST, "/ss/wb/token/get", "{}", 400, "invalid_argument"),
        (
            "a dataset that is none",
            Method::POST,
            "/ss/datasets/update",
            r#"{"ssId": "s", "dataset": 7}"#,
            400,
            "invalid_argument",
        ),
        ("another verb", Method::PUT, users, "{}", 405, "method_not_allowed"),
        ("another path", Method::GET, "/api/admin/nothing", "", 404, "unknown_route"),
    ];
    for (what, verb, path, body, status, code) in cases {
        let answer = raw(&admin, verb, path, body.to_owned()).await;
        assert_told(what, &answer, status, code);
    }
    let token = json!({"token": "no.to.ken"}).to_string();
    let answer = raw(&admin, Method::POST, &format!("{user}/wb/token"), token).await;
    assert_told("a token that is none", &answer, 400, "invalid_argument");
    assert!(!answer.body.contains("no.to.ken"), "{answer:?}");
    platform.stop().await;
}

#[tokio::test]
async fn whoever_may_not_is_told_so_in_the_envelope() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let client = tenant.member("client").await;
    let answer = client.get("/api/admin/users").await;
    assert_told("a client", &answer, 403, "permission_denied");
    let stranger = platform.tenant("Other").await.admin().await.within(tenant.id);
    assert_told("a stranger", &stranger.get("/admin/users").await, 404, "tenant_unknown");
    let nobody = platform.anonymous().get("/admin/users").await;
    assert_told("nobody", &nobody, 401, "sign_in_required");
    assert!(nobody.headers.contains_key("www-authenticate"));
    let nowhere = tenant.admin().await.outside().get("/admin/users").await;
    assert_told("without a tenant", &nowhere, 400, "tenant_required");
    platform.stop().await;
}

#[tokio::test]
async fn a_limit_holds_here_too_and_tells_when_to_come_again() {
    let platform =
        Platform::builder().settings(|settings| settings.gateway.limit_invite = 1).start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        let wish = json!({"email": format!("{}@example.test", unique("n")), "name": "N"});
        answers.push(admin.post("/api/admin/users", wish).await);
    }
    let refused = answers.iter().find(|answer| answer.status == 429).expect("a limit");
    assert_told("too often", refused, 429, "rate_limited");
    assert!(refused.headers.contains_key("retry-after"));
    platform.stop().await;
}
