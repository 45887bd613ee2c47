//! The documents of the API, and how it speaks to those who ask it wrong.

use std::collections::BTreeSet;

use reqwest::{Method, header};
use serde_json::{Value, json};
use testkit::{Actor, Platform, Response};
use wire::json::POOL;

use crate::routes::contract;

#[tokio::test]
async fn the_documents_hold_every_bound_method_and_every_fact() {
    let platform = Platform::start().await;
    let nobody = platform.anonymous();
    let openapi = nobody.get("/openapi.json").await.json();
    assert!(openapi["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    for rpc in contract() {
        for binding in &rpc.bindings {
            let operation =
                &openapi["paths"][&binding.template][binding.verb.as_str().to_lowercase()];
            assert_eq!(
                operation["x-usher-rpc"],
                rpc.path(),
                "{} {}",
                binding.verb,
                binding.template
            );
            assert!(
                operation["summary"].as_str().is_some_and(|text| !text.is_empty()),
                "{operation}"
            );
        }
        let named = openapi.to_string().contains(&format!("\"{}\"", rpc.path()));
        assert_eq!(named, !rpc.bindings.is_empty(), "{} and its address", rpc.name());
    }
    let asyncapi = nobody.get("/asyncapi.json").await.json();
    assert!(asyncapi["asyncapi"].as_str().is_some_and(|version| version.starts_with("3.")));
    let channels: BTreeSet<&String> =
        asyncapi["channels"].as_object().expect("channels").keys().collect();
    let facts = facts();
    assert!(facts.len() >= 10, "{facts:?}");
    assert_eq!(channels, facts.iter().collect());
    platform.stop().await;
}

#[tokio::test]
async fn whatever_is_wrong_with_a_request_is_told_as_a_problem() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let ask = |verb: Method, path: &str| admin.request(verb, path);
    let json = |body: &str| {
        ask(Method::POST, "/v1/events")
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_owned())
    };
    let nothing = uuid::Uuid::now_v7();
    let cases = [
        ("bad JSON", json("{\"title\": "), 400, "bad_json"),
        ("no object", json("[1]"), 400, "bad_json"),
        ("a name twice", json("{\"title\": \"a\", \"title\": \"b\"}"), 400, "bad_json"),
        ("an unknown field", json("{\"titel\": \"a\"}"), 400, "invalid_argument"),
        ("a wrong type", json("{\"title\": 7}"), 400, "invalid_argument"),
        (
            "a wrong instant",
            json("{\"title\": \"a\", \"startsAt\": \"tomorrow\"}"),
            400,
            "invalid_argument",
        ),
        ("no body where one is needed", json(""), 400, "invalid_argument"),
        (
            "too much",
            json(&format!("{{\"title\": \"{}\"}}", "a".repeat(1024 * 1024))),
            413,
            "body_too_large",
        ),
        (
            "another media type",
            ask(Method::POST, "/v1/events").header(header::CONTENT_TYPE, "text/xml").body("<a/>"),
            415,
            "unsupported_media_type",
        ),
        ("an unknown query", ask(Method::GET, "/v1/events?page=2"), 400, "invalid_argument"),
        ("a wrong number", ask(Method::GET, "/v1/events?pageSize=many"), 400, "invalid_argument"),
        ("a wrong page token", ask(Method::GET, "/v1/events?pageToken=1"), 400, "invalid_argument"),
        ("no id", ask(Method::GET, "/v1/events/one"), 400, "invalid_argument"),
        (
            "an id of nothing",
            ask(Method::GET, &format!("/v1/events/{nothing}")),
            404,
            "event_not_found",
        ),
        ("an unknown route of the API", ask(Method::GET, "/v1/nothing"), 404, "unknown_route"),
        ("a wrong method", ask(Method::PATCH, "/v1/events"), 405, "method_not_allowed"),
        (
            "a body where none belongs",
            ask(Method::POST, &format!("/v1/invites/{nothing}/revoke")).json(&json!({"a": 1})),
            400,
            "unexpected_body",
        ),
    ];
    for (what, request, status, code) in cases {
        let answer = admin.send(request).await;
        assert_problem(what, &answer, status, code);
    }
    let wrong = admin.send(ask(Method::PATCH, "/v1/events")).await;
    let allowed = wrong.headers["allow"].to_str().expect("text");
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
    platform.stop().await;
}

#[tokio::test]
async fn whoever_shows_no_credential_or_a_wrong_one_is_told_so() {
    let platform = Platform::start().await;
    let nobody = platform.anonymous();
    let none = nobody.get("/v1/events").await;
    assert_problem("no credential", &none, 401, "sign_in_required");
    assert!(none.headers.contains_key(header::WWW_AUTHENTICATE));
    for credential in ["Bearer nonsense", "Bearer", "Basic YTpi", "Bearer a b"] {
        let request =
            nobody.request(Method::GET, "/v1/events").header(header::AUTHORIZATION, credential);
        assert_problem(credential, &nobody.send(request).await, 401, "bad_credential");
    }
    let wrong = json!({"email": "nobody@example.test", "password": "guess guess guess guess"});
    assert_problem(
        "a wrong password",
        &nobody.post("/v1/sessions", wrong).await,
        401,
        "wrong_credentials",
    );
    platform.stop().await;
}

#[tokio::test]
async fn what_is_measured_is_told_inside_only() {
    let platform = Platform::start().await;
    let nobody = platform.anonymous();
    for path in ["/metrics", "/sandbox/mails", "/sandbox/legacy"] {
        assert_problem(path, &nobody.get(path).await, 404, "unknown_route");
    }
    let inside = reqwest::get(format!("{}/metrics", platform.admin_url())).await.expect("answers");
    assert_eq!(inside.status(), 200);
    assert!(inside.text().await.expect("text").contains("usher_"));
    assert_eq!(nobody.get("/livez").await.status, 200);
    platform.eventually("it is ready", async || nobody.get("/readyz").await.status == 200).await;
    platform.stop().await;
}

/// The platform itself owns facts and audit rows under the nil id; nobody may get in under that name.
#[tokio::test]
async fn the_platforms_own_id_is_no_tenant_for_anybody() {
    let platform = Platform::start().await;
    let nil = uuid::Uuid::nil().to_string();
    let admin = platform.tenant("Acme").await.admin().await;
    let own = admin.get("/v1/me").await.json();
    assert!(own["user"].is_object());
    for actor in [platform.operator().await, platform.staff("super_admin").await, admin.outside()] {
        let as_platform =
            |verb: Method, path: &str| actor.request(verb, path).header("x-tenant-id", &nil);
        for path in [
            "/v1/events",
            "/v1/members",
            "/v1/invites",
            "/v1/onboarding/clients",
            "/v1/me",
            "/v1/stream",
            "/v1/activity",
        ] {
            let answer = as_platform(Method::GET, path).send().await.expect("answers");
            assert_refused_nil(&actor, answer).await;
        }
        let invite = as_platform(Method::POST, "/v1/invites");
        let invite =
            invite.json(&json!({"email": "eve@example.test", "name": "Eve", "role": "owner"}));
        assert_refused_nil(&actor, invite.send().await.expect("answers")).await;
        let user = as_platform(Method::POST, "/v1/users");
        let user = user.json(&json!({"email": "eve@example.test", "name": "Eve", "role": "owner", "password": crate::steps::PASSWORD}));
        assert_refused_nil(&actor, user.send().await.expect("answers")).await;
    }
    let shown = platform.operator().await.get(&format!("/v1/tenants/{nil}")).await;
    assert_problem("the platform as a tenant", &shown, 404, "tenant_not_found");
    platform.stop().await;
}

async fn assert_refused_nil(actor: &Actor, answer: reqwest::Response) {
    let status = answer.status().as_u16();
    assert!(matches!(status, 400 | 403 | 404), "{} got {status}", actor.email());
    let problem: Value = answer.json().await.expect("a problem");
    assert!(
        ["tenant_unknown", "bad_tenant_header"]
            .contains(&problem["code"].as_str().unwrap_or_default()),
        "{problem}"
    );
}

/// RFC 9457, with our code and the request's id.
fn assert_problem(what: &str, answer: &Response, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{what}: {answer:?}");
    assert_eq!(
        answer.headers[header::CONTENT_TYPE],
        "application/problem+json",
        "{what}: {answer:?}"
    );
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(body["code"], code, "{what}: {body}");
    assert_eq!(body["status"], status, "{what}: {body}");
    assert_eq!(body["type"], format!("urn:usher:problem:{code}"), "{what}: {body}");
    let said = body["detail"].as_str().is_some_and(|detail| !detail.is_empty());
    assert!(said && body["title"].is_string() && body["requestId"].is_string(), "{what}: {body}");
    if code == "invalid_argument" {
        assert!(body["errors"][0]["field"].is_string(), "{what} names no field: {body}");
    }
}

/// The kinds of all facts, from the descriptors.
fn facts() -> BTreeSet<String> {
    let option = POOL.get_extension_by_name("usher.rule.v1.fact").expect("the option is known");
    let kind = |message: prost_reflect::MessageDescriptor| {
        let options = message.options();
        let known = options.has_extension(&option);
        let kind = options.get_extension(&option).as_str().map(str::to_owned);
        kind.filter(|_| known)
    };
    POOL.all_messages().filter_map(kind).collect()
}
