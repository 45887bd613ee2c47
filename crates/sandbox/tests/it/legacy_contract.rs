//! The legacy backend answers as its contract says.

use sandbox::{
    Config,
    legacy::{EffectKind, Spreadsheet, TokenView},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::world::{ADD, CLIENT, GET, LIST, REGISTER, UPDATE, call, calm, refused, token};

#[tokio::test]
async fn health_needs_no_key() {
    let sandbox = calm().await;
    for path in ["/api/health", "/health"] {
        let answer = reqwest::get(format!("{}{path}", sandbox.legacy.url())).await.unwrap();
        let json: Value = answer.json().await.unwrap();
        assert_eq!(json, json!({"success": true, "status": "ok"}));
    }
    assert!(sandbox.legacy.calls().is_empty());
}

#[tokio::test]
async fn registering_is_an_upsert_with_one_effect() {
    let sandbox = calm().await;
    let body = json!({"spreadsheet_id": "s1", "owner_email": "a@example.com"});
    for path in [REGISTER, "/admin/spreadsheets/register", REGISTER] {
        let answer = call(&sandbox, path, body.clone()).await.unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json, json!({"success": true, "result": {"spreadsheet_id": "s1"}}));
    }
    assert_eq!(sandbox.legacy.calls().len(), 3);
    let effects = sandbox.legacy.effects();
    assert_eq!(effects.len(), 1);
    let owner_email = Some("a@example.com".to_owned());
    assert_eq!(effects[0].kind, EffectKind::Registered { owner_email });

    call(&sandbox, REGISTER, json!({"ssId": "s1"})).await.unwrap();
    call(&sandbox, REGISTER, json!({"ssId": "s1", "owner_email": "b@example.com"})).await.unwrap();
    let effects = sandbox.legacy.effects();
    assert_eq!(effects.len(), 2);
    let owner_email = "b@example.com".to_owned();
    assert_eq!(effects[1].kind, EffectKind::OwnerChanged { owner_email });
}

#[tokio::test]
async fn adding_a_token_reads_its_seller_and_registers() {
    let sandbox = calm().await;
    let first = token("seller-1", "AAsecret");
    let body = json!({"ssId": "s1", "token": first, "owner_email": "a@example.com"});
    for _ in 0..2 {
        let answer = call(&sandbox, ADD, body.clone()).await.unwrap();
        let result = json!({"spreadsheet_id": "s1", "sid": "seller-1"});
        assert_eq!(answer.json, json!({"success": true, "result": result}));
    }
    let kinds: Vec<_> = sandbox.legacy.effects().iter().map(|e| e.kind.clone()).collect();
    let stored = |suffix: &str| EffectKind::TokenStored {
        sid: "seller-1".into(),
        token_suffix: suffix.into(),
    };
    let owner_email = Some("a@example.com".to_owned());
    assert_eq!(kinds, [EffectKind::Registered { owner_email }, stored("secret")]);

    let second = token("seller-1", "BBrotated");
    call(&sandbox, ADD, json!({"ssId": "s1", "token": second})).await.unwrap();
    assert_eq!(sandbox.legacy.effects().last().unwrap().kind, stored("otated"));

    let answer = call(&sandbox, LIST, json!({"spreadsheet_id": "s1"})).await.unwrap();
    let listed = json!([{"sid": "seller-1", "is_active": true, "token_suffix": "otated"}]);
    assert_eq!(answer.json, json!({"success": true, "result": listed}));
    let answer = call(&sandbox, GET, json!({"spreadsheet_id": "s1"})).await.unwrap();
    let given = json!({"token": second, "sid": "seller-1", "analytics": true});
    assert_eq!(answer.json, json!({"result": [given]}));

    sandbox.legacy.deactivate_tokens("s1");
    let answer = call(&sandbox, GET, json!({"spreadsheet_id": "s1"})).await.unwrap();
    assert_eq!(answer.json, json!({"result": []}));
}

#[tokio::test]
async fn a_token_without_a_seller_fails_and_changes_nothing() {
    let sandbox = calm().await;
    for bad in ["plain", "a.b.c", "a.e30.c", "a.b.c.d", &format!("{}.x", token("s", "t"))] {
        let answer = call(&sandbox, ADD, json!({"ssId": "s1", "token": bad})).await.unwrap();
        refused(&answer, 500, "token add failed");
    }
    assert!(sandbox.legacy.effects().is_empty());
}

#[tokio::test]
async fn spreadsheet_routes_serve_registered_and_active_ones_alone() {
    let sandbox = calm().await;
    for path in [GET, UPDATE, "/ss/datasets/data", "/ss/datasets/upload"] {
        let answer = call(&sandbox, path, json!({"spreadsheet_id": "s1"})).await.unwrap();
        refused(&answer, 403, "spreadsheet is not registered");
    }
    call(&sandbox, REGISTER, json!({"spreadsheet_id": "s1"})).await.unwrap();
    assert_eq!(call(&sandbox, GET, json!({"ssId": "s1"})).await.unwrap().status, 200);
    sandbox.legacy.deactivate("s1");
    let answer = call(&sandbox, GET, json!({"ssId": "s1"})).await.unwrap();
    refused(&answer, 403, "spreadsheet is inactive");
    call(&sandbox, REGISTER, json!({"spreadsheet_id": "s1"})).await.unwrap();
    assert_eq!(sandbox.legacy.effects().last().unwrap().kind, EffectKind::Activated);
}

#[tokio::test]
async fn updating_datasets_is_accepted() {
    let config = sandbox::legacy::Config {
        datasets: vec!["orders".into()],
        ..sandbox::legacy::Config::calm()
    };
    let sandbox = sandbox::start(Config { legacy: config, ..Config::calm() }).await.unwrap();
    call(&sandbox, REGISTER, json!({"spreadsheet_id": "s1"})).await.unwrap();
    let answer = call(&sandbox, UPDATE, json!({"spreadsheet_id": "s1"})).await.unwrap();
    let smoke = json!({
        "success": true, "message": "accepted", "spreadsheet_id": "s1",
        "dataset": null, "values": {},
    });
    assert_eq!((answer.status, answer.json), (200, smoke));

    let known = json!({"ssId": "s1", "dataset": {"name": "orders", "values": {"a": 1}}});
    let answer = call(&sandbox, UPDATE, known).await.unwrap().json;
    assert_eq!((&answer["message"], &answer["warning"]), (&json!("accepted"), &Value::Null));
    let unknown = json!({"ssId": "s1", "dataset": {"name": "other", "values": {}}});
    let answer = call(&sandbox, UPDATE, unknown).await.unwrap().json;
    assert_eq!(answer["warning"], "unknown dataset other");
}

#[tokio::test]
async fn uploaded_rows_come_back_bare_or_with_a_warning() {
    let config = sandbox::legacy::Config {
        datasets: vec!["orders".into()],
        ..sandbox::legacy::Config::calm()
    };
    let sandbox = sandbox::start(Config { legacy: config, ..Config::calm() }).await.unwrap();
    call(&sandbox, REGISTER, json!({"spreadsheet_id": "s1"})).await.unwrap();
    let (upload, data) = ("/api/ss/datasets/upload", "/api/ss/datasets/data");
    for name in ["orders", "other"] {
        let body = json!({"ssId": "s1", "dataset": {"name": name, "values": [[1], [2]]}});
        assert_eq!(call(&sandbox, upload, body).await.unwrap().json, json!(2));
    }
    let ask = |name: &str| json!({"ssId": "s1", "dataset": {"name": name}});
    assert_eq!(call(&sandbox, data, ask("orders")).await.unwrap().json, json!([[1], [2]]));
    let wrapped = json!({"result": [[1], [2]], "warning": "unknown dataset other"});
    assert_eq!(call(&sandbox, data, ask("other")).await.unwrap().json, wrapped);
}

#[tokio::test]
async fn what_it_knows_is_listed_without_secrets() {
    let sandbox = calm().await;
    let whole = token("seller", "tail-secret");
    call(&sandbox, ADD, json!({"ssId": "s1", "token": whole})).await.unwrap();
    let view = TokenView { sid: "seller".into(), is_active: true, token_suffix: "secret".into() };
    let sheet = Spreadsheet {
        spreadsheet_id: "s1".into(),
        owner_email: None,
        is_active: true,
        tokens: vec![view],
    };
    assert_eq!(sandbox.legacy.spreadsheets(), [sheet]);
    let shown = format!("{:?}{:?}", sandbox.legacy.calls(), sandbox.legacy.effects());
    assert!(!shown.contains(&whole) && !shown.contains("tail-secret"));

    let url = format!("{}/api/admin/metrics", sandbox.legacy.url());
    let key = sandbox.legacy.api_key().expose_secret();
    let answer = CLIENT.get(url).bearer_auth(key).send().await.unwrap();
    let json: Value = answer.json().await.unwrap();
    assert_eq!(json["result"], json!({"calls": 1, "spreadsheets": 1, "tokens": 1}));
}
