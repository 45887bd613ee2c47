//! Whom the legacy backend refuses, and how it says so.

use reqwest::StatusCode;
use sandbox::{
    Config,
    legacy::{Bearer, Limits, Op, Outcome, Role},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::world::{ADD, CLIENT, GET, REGISTER, call, calm, refused, send, token};

#[tokio::test]
async fn bad_requests_are_named() {
    let sandbox = calm().await;
    let key = format!("Bearer {}", sandbox.legacy.api_key().expose_secret());
    for bad in ["{", "[]", "\u{1}", "\"s\""] {
        let answer = send(&sandbox.legacy.url(), REGISTER, &key, bad.into()).await.unwrap();
        refused(&answer, 400, "invalid json");
    }
    for bad in [json!({}), json!({"spreadsheet_id": " "}), json!({"ssId": 5})] {
        let answer = call(&sandbox, REGISTER, bad).await.unwrap();
        refused(&answer, 400, "spreadsheet_id is required");
    }
    let empty = send(&sandbox.legacy.url(), REGISTER, &key, String::new()).await.unwrap();
    refused(&empty, 400, "spreadsheet_id is required");
    let answer = call(&sandbox, ADD, json!({"ssId": "s1"})).await.unwrap();
    refused(&answer, 400, "token is required");
    let answer = call(&sandbox, "/api/nowhere", json!({})).await.unwrap();
    refused(&answer, 404, "not found");
    assert!(sandbox.legacy.effects().is_empty());
}

#[tokio::test]
async fn the_key_opens_in_either_header_and_nothing_else_does() {
    let sandbox = calm().await;
    let url = format!("{}{REGISTER}", sandbox.legacy.url());
    let key = sandbox.legacy.api_key().expose_secret();
    let post = || CLIENT.post(&url).body(r#"{"ssId":"s1"}"#);
    let good = [
        post().header("X-Api-Key", key),
        post().bearer_auth(key),
        post().header("Authorization", format!("bearer {key}")),
    ];
    for request in good {
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    }
    let bad = [
        post(),
        post().header("X-Api-Key", "other"),
        post().bearer_auth("other"),
        post().bearer_auth(""),
        post().header("Authorization", key),
    ];
    for request in bad {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        let json: Value = answer.json().await.unwrap();
        assert_eq!(json, json!({"success": false, "message": "unauthorized"}));
    }
    let last = sandbox.legacy.calls().last().unwrap().clone();
    assert_eq!((last.op, last.outcome), (Op::Register, Outcome::Answered { status: 401 }));
}

#[tokio::test]
async fn a_client_sees_its_own_spreadsheets_and_no_whole_token() {
    let bearer =
        |token: &str, role, spreadsheets| Bearer { token: token.into(), role, spreadsheets };
    let config = sandbox::legacy::Config {
        bearers: vec![
            bearer("client", Role::Client, Some(vec!["s1".into()])),
            bearer("operator", Role::Operator, None),
        ],
        ..sandbox::legacy::Config::calm()
    };
    let sandbox = sandbox::start(Config { legacy: config, ..Config::calm() }).await.unwrap();
    let body = json!({"ssId": "s1", "token": token("seller", "tail-secret")}).to_string();
    let answer = send(&sandbox.legacy.url(), ADD, "Bearer client", body.clone()).await.unwrap();
    refused(&answer, 403, "forbidden");
    assert_eq!(
        send(&sandbox.legacy.url(), ADD, "Bearer operator", body).await.unwrap().status,
        200
    );

    let own = json!({"ssId": "s1"}).to_string();
    let answer = send(&sandbox.legacy.url(), GET, "Bearer client", own).await.unwrap();
    let masked = json!({"token_suffix": "secret", "sid": "seller", "analytics": true});
    assert_eq!(answer.json, json!({"result": [masked]}));
    let foreign = json!({"ssId": "s2"}).to_string();
    let answer = send(&sandbox.legacy.url(), GET, "Bearer client", foreign).await.unwrap();
    refused(&answer, 403, "forbidden");
}

#[tokio::test]
async fn beyond_its_limit_the_answer_is_429_without_a_hint() {
    let limits = Some(Limits { admin: 2, actions: 1, data: 1 });
    let config = sandbox::legacy::Config { limits, ..sandbox::legacy::Config::calm() };
    let sandbox = sandbox::start(Config { legacy: config, ..Config::calm() }).await.unwrap();
    for _ in 0..2 {
        let answer = call(&sandbox, REGISTER, json!({"ssId": "s1"})).await.unwrap();
        assert_eq!(answer.status, 200);
    }
    let answer = call(&sandbox, REGISTER, json!({"ssId": "s1"})).await.unwrap();
    refused(&answer, 429, "rate limit exceeded");
    assert!(!answer.headers.contains_key("retry-after"));
    assert_eq!(call(&sandbox, GET, json!({"ssId": "s1"})).await.unwrap().status, 200);
    assert_eq!(call(&sandbox, GET, json!({"ssId": "s1"})).await.unwrap().status, 429);
}
