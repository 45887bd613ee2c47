//! Transcoding: from JSON to the callee and back.

use http::StatusCode;
use serde_json::json;

use crate::world::{ACME, ANN, Ask, World, refused};

#[tokio::test]
async fn a_json_body_reaches_the_service_and_its_answer_is_json() {
    let world = World::new();
    let body = json!({"email": "bob@example.com", "expiresInHours": 48});
    let answer =
        Ask::post("/v1/invites", &body).host("acme.localhost:8080").ann().send(&world).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let invite = answer.json();
    assert_eq!(invite["email"], "bob@example.com");
    assert_eq!(invite["sends"], 48);
    assert_eq!(invite["createdAt"], "2023-11-14T22:13:20Z");
    assert!(invite.get("acceptedAt").is_none(), "an instant that never was is left out");
    let seen = world.last_seen();
    assert_eq!(seen.tenant.expect("tenant").to_string(), ACME);
    assert_eq!(seen.user().expect("person").to_string(), ANN);
    assert_eq!(seen.ip.as_deref(), Some("203.0.113.7"));
    assert_eq!(seen.request_id, answer.header("x-request-id"));
}

#[tokio::test]
async fn an_additional_binding_is_the_same_method() {
    let world = World::new();
    let ask = Ask::post("/onboarding/invites", &json!({"email": "b@x.io"}));
    let answer = ask.host("acme.localhost").ann().send(&world).await;
    assert_eq!(answer.json()["email"], "b@x.io");
}

#[tokio::test]
async fn path_variables_are_decoded_and_bodies_go_beside_them() {
    let world = World::new();
    let body = json!({"password": "correct horse battery"});
    let answer = Ask::post("/v1/invitations/a%2Fb%20c/accept", &body).send(&world).await;
    assert_eq!(answer.json()["inviteId"], "a/b c");
    assert_eq!(answer.json()["userId"], "correct horse battery");
}

#[tokio::test]
async fn a_field_of_the_path_may_not_stand_in_the_body_too() {
    let world = World::new();
    let body = json!({"token": "other", "password": "x"});
    let answer = Ask::post("/v1/invitations/mine/accept", &body).send(&world).await;
    assert_eq!(answer.refusal(), refused(400, "invalid_argument"));
    assert_eq!(answer.json()["errors"][0]["field"], "token");
}

#[tokio::test]
async fn query_parameters_are_fields_in_both_spellings() {
    let world = World::new();
    for query in ["status=pending&pageSize=7", "page_size=7&status=pending"] {
        let ask = Ask::get(&format!("/v1/invites?{query}")).host("acme.localhost");
        let answer = ask.ann().send(&world).await;
        assert_eq!(answer.json()["nextPageToken"], "pending/7", "{query}");
        assert_eq!(answer.json()["invites"], json!([]), "an empty list is a list");
    }
}

#[tokio::test]
async fn unknown_repeated_and_malformed_parameters_are_refused_by_name() {
    let world = World::new();
    for (query, field) in [
        ("stat=x", "stat"),
        ("status=a&status=b", "status"),
        ("pageSize=seven", "pageSize"),
        ("pageSize=1.5", "pageSize"),
        ("pageSize=99999999999", "pageSize"),
        ("__proto__=x", "__proto__"),
    ] {
        let ask = Ask::get(&format!("/v1/invites?{query}")).host("acme.localhost");
        let answer = ask.ann().send(&world).await;
        assert_eq!(answer.refusal(), refused(400, "invalid_argument"), "{query}");
        assert_eq!(answer.json()["errors"][0]["field"], field, "{query}");
    }
}

#[tokio::test]
async fn unknown_and_misfitting_fields_are_refused_by_name() {
    let world = World::new();
    for (body, fields) in [
        (json!({"email": "a@b.io", "isAdmin": true}), vec!["isAdmin"]),
        (json!({"tenantId": ACME, "x": 1}), vec!["tenantId", "x"]),
        (json!({"email": 7}), vec!["email"]),
        (json!({"email": "a", "expiresInHours": "many"}), vec!["expiresInHours"]),
        (json!({"expires_in_hours": 1, "expiresInHours": 2}), vec!["expires_in_hours"]),
        (json!({"email": {"$ne": null}}), vec!["email"]),
    ] {
        let ask = Ask::post("/v1/invites", &body).host("acme.localhost").ann();
        let answer = ask.send(&world).await;
        assert_eq!(answer.refusal(), refused(400, "invalid_argument"), "{body}");
        let errors = answer.json()["errors"].clone();
        let named: Vec<_> =
            errors.as_array().expect("errors").iter().map(|e| &e["field"]).collect();
        assert_eq!(named, fields, "{body}");
        assert_eq!(errors[0]["pointer"], format!("#/{}", fields[0]));
    }
}

#[tokio::test]
async fn a_refused_value_is_not_repeated() {
    let world = World::new();
    let body = json!({"password": ["hunter2-hunter2"]});
    let answer = Ask::post("/v1/invitations/t/accept", &body).send(&world).await;
    assert_eq!(answer.status, 400);
    assert!(!answer.text.contains("hunter2"), "{}", answer.text);
}

#[tokio::test]
async fn bodies_that_are_no_json_objects_are_refused() {
    let world = World::new();
    for body in [
        "{",
        "[]",
        "7",
        "null",
        "\"x\"",
        "{\"email\":1,}",
        "{\"email\":\"a\",\"email\":\"b\"}",
        "\u{feff}{}",
    ] {
        let ask = Ask::new("POST", "/v1/invites").body(body);
        let ask = ask.header("content-type", "application/json").host("acme.localhost").ann();
        assert_eq!(ask.send(&world).await.refusal(), refused(400, "bad_json"), "{body}");
    }
    let deep = "{\"email\":".to_owned() + &"[".repeat(5000);
    let ask = Ask::new("POST", "/v1/invites").body(deep);
    let ask = ask.header("content-type", "application/json").host("acme.localhost").ann();
    assert_eq!(ask.send(&world).await.refusal(), refused(400, "bad_json"));
}

#[tokio::test]
async fn only_plain_json_in_utf8_is_read() {
    let world = World::new();
    let send = |name: &'static str, value: &'static str| {
        let ask = Ask::new("POST", "/v1/invites").body("{\"email\":\"a@b.io\"}");
        let ask = ask.header(name, value).host("acme.localhost").ann();
        async { ask.send(&world).await }
    };
    for kind in ["application/json", "application/json; charset=UTF-8", "application/x+json"] {
        assert_eq!(send("content-type", kind).await.status, 200, "{kind}");
    }
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", ""]
    {
        let refusal = send("content-type", kind).await.refusal();
        assert_eq!(refusal, refused(415, "unsupported_media_type"), "{kind}");
    }
    assert_eq!(send("x-nothing", "x").await.refusal().0, 415);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_announced_or_not() {
    let world = World::new();
    let body = format!("{{\"email\":\"{}\"}}", "a".repeat(1024 * 1024));
    for announced in [true, false] {
        let mut ask = Ask::new("POST", "/v1/invites").header("content-type", "application/json");
        if announced {
            ask = ask.header("content-length", &body.len().to_string());
        }
        let chunks = futures::stream::iter([Ok::<_, std::io::Error>(body.clone())]);
        let ask = ask.body(axum::body::Body::from_stream(chunks)).host("acme.localhost").ann();
        assert_eq!(ask.send(&world).await.refusal(), refused(413, "body_too_large"));
    }
}

#[tokio::test]
async fn a_route_without_a_body_takes_none_but_an_empty_object() {
    let world = World::new();
    for (body, status) in [("", 200), ("{}", 200), (" {} ", 200), ("{\"x\":1}", 400), ("x", 400)] {
        let ask = Ask::new("POST", &format!("/v1/invites/{ACME}/resend")).body(body);
        let answer = ask.host("acme.localhost").ann().send(&world).await;
        assert_eq!(answer.status, status, "{body:?}");
    }
}

#[tokio::test]
async fn an_idempotency_key_travels_where_the_rule_takes_one() {
    let world = World::new();
    let send = |keys: Vec<&'static str>| {
        let ask = Ask::post("/v1/invites", &json!({})).host("acme.localhost").ann();
        let ask = keys.into_iter().fold(ask, |ask, key| ask.header("idempotency-key", key));
        async { ask.send(&world).await }
    };
    for key in ["k-1", "\"k-1\""] {
        assert_eq!(send(vec![key]).await.status, 200);
        assert_eq!(world.last_seen().idempotency_key.as_deref(), Some("k-1"));
    }
    for keys in [vec![""], vec!["a b"], vec!["a", "b"], vec!["\"\""]] {
        assert_eq!(send(keys).await.refusal(), refused(400, "bad_idempotency_key"));
    }
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_another_is_replaced() {
    let world = World::new();
    let own = Ask::get("/v1/me").ann().header("x-request-id", "my-request-1").send(&world).await;
    assert_eq!(own.header("x-request-id"), "my-request-1");
    assert_eq!(world.last_seen().request_id, "my-request-1");
    let bad = Ask::get("/v1/me").header("x-request-id", "a b").send(&world).await;
    assert_eq!(bad.header("x-request-id").len(), 36);
    bad.refusal();
}
