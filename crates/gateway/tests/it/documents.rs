//! The contract as documents: complete, valid, and without a reference to nothing.

use std::collections::HashSet;

use serde_json::{Value, json};
use wire::{json::POOL, rules};

use crate::world::{Ask, World};

async fn document(path: &str) -> Value {
    let answer = Ask::get(path).send(&World::new()).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    answer.json()
}

/// Every `$ref` of the document, resolved.
fn check_references(document: &Value, node: &Value) -> usize {
    match node {
        Value::Object(fields) => {
            let mut count = 0;
            if let Some(target) = fields.get("$ref").and_then(Value::as_str) {
                let pointer = target.strip_prefix('#').expect("a reference within the document");
                assert!(
                    document.pointer(pointer).is_some_and(|v| !v.is_null()),
                    "dangling {target}"
                );
                count += 1;
            }
            count + fields.values().map(|v| check_references(document, v)).sum::<usize>()
        }
        Value::Array(items) => items.iter().map(|v| check_references(document, v)).sum(),
        _ => 0,
    }
}

/// The operations that the contract describes: the legacy ones have a test of their own.
fn operations(api: &Value) -> Vec<(String, String, Value)> {
    let mut all = every_operation(api);
    all.retain(|(_, _, operation)| operation.get("x-compat").is_none());
    all
}

fn every_operation(api: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, verbs) in api["paths"].as_object().expect("paths") {
        for (verb, operation) in verbs.as_object().expect("verbs") {
            all.push((path.clone(), verb.clone(), operation.clone()));
        }
    }
    all
}

#[tokio::test]
async fn every_bound_method_stands_in_the_openapi_document() {
    let api = document("/openapi.json").await;
    assert_eq!(api["openapi"], "3.1.0");
    assert!(check_references(&api, &api) > 100);
    let operations = operations(&api);
    let told: HashSet<_> =
        operations.iter().map(|(_, _, o)| o["x-usher-rpc"].as_str().expect("rpc")).collect();
    let http = POOL.get_extension_by_name("google.api.http").expect("http");
    for method in rules::methods().filter(|method| method.options().has_extension(&http)) {
        assert!(told.contains(rules::path(&method).as_str()), "{} is missing", method.full_name());
    }
    let operations = every_operation(&api);
    let ids: HashSet<_> = operations.iter().map(|(_, _, o)| o["operationId"].to_string()).collect();
    assert_eq!(ids.len(), operations.len(), "operation ids are unique");
    assert!(operations.iter().any(|(path, ..)| path == "/onboarding/clients/{client_id}/status"));
}

#[tokio::test]
async fn every_operation_says_what_it_does_who_may_and_what_it_takes() {
    let api = document("/openapi.json").await;
    for (path, verb, operation) in operations(&api) {
        let place = format!("{verb} {path}");
        assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 5), "{place}");
        let rule = &operation["x-usher-rule"];
        let public = rule["public"].as_bool().expect("public");
        let security = operation["security"].as_array().expect("security");
        // Where a credential may be shown, an empty choice says that none needs to be.
        let open = security.is_empty() || security.contains(&json!({}));
        assert_eq!(open, public, "{place}");
        let parameters = operation["parameters"].as_array().expect("parameters");
        let vars = path.matches('{').count();
        assert_eq!(parameters.iter().filter(|p| p["in"] == "path").count(), vars, "{place}");
        for status in ["200", "400", "429", "503", "default"] {
            assert!(operation["responses"][status].is_object(), "{place} {status}");
        }
    }
}

#[tokio::test]
async fn every_legacy_operation_is_marked_and_takes_a_token() {
    let api = document("/openapi.json").await;
    let mut all = every_operation(&api);
    all.retain(|(_, _, operation)| operation.get("x-compat").is_some());
    assert!(all.len() > 20, "{}", all.len());
    let rpcs: HashSet<String> = rules::methods().map(|method| rules::path(&method)).collect();
    for (path, verb, operation) in all {
        assert!(path.starts_with("/api/"), "{verb} {path}");
        assert_eq!(operation["security"], serde_json::json!([{"bearer": []}, {"apiKey": []}]));
        assert!(operation["description"].as_str().is_some_and(|text| text.contains("inference")));
        if let Some(rpc) = operation["x-usher-rpc"].as_str() {
            assert!(rpcs.contains(rpc), "{verb} {path} stands for no method");
        }
    }
}

#[tokio::test]
async fn secrets_are_write_only_and_path_fields_stand_only_in_the_path() {
    let api = document("/openapi.json").await;
    let schemas = &api["components"]["schemas"];
    let password = &schemas["auth.CreateSessionRequest"]["properties"]["password"];
    assert_eq!((&password["writeOnly"], &password["format"]), (&true.into(), &"password".into()));
    let shown = &schemas["auth.Session"]["properties"]["token"];
    assert!(shown.get("writeOnly").is_none() && shown["x-usher-secret"] == true);
    let accept = &api["paths"]["/v1/invitations/{token}/accept"]["post"];
    let body = &accept["requestBody"]["content"]["application/json"]["schema"];
    assert!(body["properties"].get("token").is_none());
    assert_eq!(body["additionalProperties"], false);
}

#[tokio::test]
async fn every_fact_stands_in_the_asyncapi_document() {
    let bus = document("/asyncapi.json").await;
    assert_eq!(bus["asyncapi"], "3.0.0");
    assert!(check_references(&bus, &bus) > 20);
    let option = POOL.get_extension_by_name("usher.rule.v1.fact").expect("fact");
    let mut facts = 0;
    for message in POOL.all_messages() {
        let options = message.options();
        if !options.has_extension(&option) {
            continue;
        }
        let kind = options.get_extension(&option).as_str().expect("kind").to_owned();
        let channel = &bus["channels"][&kind];
        assert_eq!(channel["address"], format!("usher.{{tenantId}}.{kind}"));
        assert!(bus["operations"][format!("tell.{kind}")].is_object(), "{kind}");
        facts += 1;
    }
    assert!(facts > 8, "{facts}");
    assert_eq!(bus["channels"].as_object().expect("channels").len(), facts);
}

#[tokio::test]
async fn the_page_asks_no_other_host_and_needs_no_inline_script() {
    let world = World::new();
    let page = Ask::get("/docs").send(&world).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    for path in ["/docs/page.js", "/docs/page.css"] {
        let file = Ask::get(path).send(&world).await;
        assert_eq!(file.status, 200, "{path}");
        assert!(!file.text.contains("http://") && !file.text.contains("https://"), "{path}");
    }
    assert!(!page.text.contains("http") && !page.text.contains("<script>"));
    let of_tenant = Ask::get("/t/acme/docs").send(&world).await;
    assert_eq!(of_tenant.text, page.text);
}

#[tokio::test]
async fn what_is_large_is_compressed_for_those_who_can_read_it() {
    let world = World::new();
    let packed = Ask::get("/openapi.json").header("accept-encoding", "gzip").open(&world).await;
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let varies = packed.headers().get_all("vary");
    assert!(varies.iter().any(|name| name == "accept-encoding"), "{varies:?}");
    let plain = Ask::get("/openapi.json").open(&world).await;
    assert!(!plain.headers().contains_key("content-encoding"));
    let refused = Ask::get("/v1/me").header("accept-encoding", "gzip").open(&world).await;
    assert!(!refused.headers().contains_key("content-encoding"), "a refusal is small");
}
