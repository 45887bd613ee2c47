//! Methods of HTTP beside the bound ones, and requests that depend on a version.

use serde_json::json;

use crate::world::{Answer, Ask, World, refused};

fn root(method: &str, target: &str) -> Ask {
    Ask::new(method, target).host("acme.localhost").token("root-token")
}

#[tokio::test]
async fn head_answers_as_get_does_without_a_body() {
    let world = World::new();
    let get = root("GET", "/v1/settings").send(&world).await;
    let head = root("HEAD", "/v1/settings").send(&world).await;
    assert_eq!((get.status, head.status), (http::StatusCode::OK, http::StatusCode::OK));
    assert!(head.text.is_empty() && !get.text.is_empty());
    for name in ["content-type", "etag", "cache-control", "ratelimit-policy"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    let refused = Ask::new("HEAD", "/v1/me").send(&world).await;
    assert_eq!((refused.status.as_u16(), refused.text.as_str()), (401, ""));
}

#[tokio::test]
async fn options_tell_the_methods_of_a_place_and_ask_for_nothing() {
    let world = World::new();
    for (target, allow) in [
        ("/v1/settings", "GET, HEAD, OPTIONS, PUT"),
        ("/v1/invites", "GET, HEAD, OPTIONS, POST"),
        ("/v1/sessions", "DELETE, GET, HEAD, OPTIONS, POST"),
        ("/t/acme/v1/settings", "GET, HEAD, OPTIONS, PUT"),
    ] {
        let answer = Ask::new("OPTIONS", target).send(&world).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (204, allow), "{target}");
    }
    assert_eq!((world.resolved(), world.identified()), (0, 0));
    assert_eq!(Ask::new("OPTIONS", "/v1/nothing").send(&world).await.status, 404);
}

#[tokio::test]
async fn a_method_that_a_place_does_not_take_is_refused_with_those_it_takes() {
    let world = World::new();
    for method in
        ["POST", "DELETE", "PATCH", "TRACE", "CONNECT", "TRACK", "get", "PURGE", "PROPFIND"]
    {
        let answer = root(method, "/v1/settings").send(&world).await;
        assert_eq!(answer.refusal(), refused(405, "method_not_allowed"), "{method}");
        let mut allowed: Vec<_> =
            answer.header("allow").split([',', ' ']).filter(|m| !m.is_empty()).collect();
        allowed.sort_unstable();
        assert_eq!(allowed, ["GET", "HEAD", "OPTIONS", "PUT"], "{method}");
    }
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let answer = root("POST", "/v1/settings").header(name, "PUT").send(&world).await;
        assert_eq!(answer.status, 405, "{name}");
    }
}

async fn put(world: &World, tag: &str, body: serde_json::Value) -> Answer {
    let ask = root("PUT", "/v1/settings").header("content-type", "application/json");
    let ask = if tag.is_empty() { ask } else { ask.header("if-match", tag) };
    ask.body(body.to_string()).send(world).await
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let world = World::new();
    let first = root("GET", "/v1/settings").send(&world).await;
    let tag = first.header("etag").to_owned();
    assert!(
        tag.starts_with("\"0-") && first.header("cache-control") == "private, no-cache",
        "{tag}"
    );
    let again =
        |known: String| root("GET", "/v1/settings").header("if-none-match", &known).send(&world);
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".into()] {
        let answer = again(known.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (304, ""), "{known}");
        assert_eq!(answer.header("etag"), tag);
    }
    for other in ["\"x\"".to_owned(), tag.replace("\"0-", "\"1-"), "rubbish".to_owned()] {
        assert_eq!(again(other.clone()).await.status, 200, "{other}");
    }
    let beta = Ask::get("/v1/settings").host("beta.localhost").token("root-token");
    let beta = beta.header("if-none-match", &tag).send(&world).await;
    assert_eq!(beta.status, 200, "the tag of one tenant is not known of another");
    assert_ne!(beta.header("etag"), tag);
}

#[tokio::test]
async fn a_change_meant_for_an_old_version_is_not_made() {
    let world = World::new();
    let tag = root("GET", "/v1/settings").send(&world).await.header("etag").to_owned();
    let done = put(&world, &tag, json!({})).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert!(done.header("etag").starts_with("\"1-"));
    assert_eq!(put(&world, &tag, json!({})).await.refusal(), refused(412, "precondition_failed"));
    let of_body = put(&world, "", json!({"version": 0})).await;
    assert_eq!(
        of_body.refusal(),
        refused(409, "changed_since"),
        "the body\'s own word stays a conflict"
    );
    let newest = done.header("etag").to_owned();
    assert_eq!(
        put(&world, &newest, json!({"version": 7})).await.refusal(),
        refused(400, "invalid_argument")
    );
    for wrong in ["\"x\"", "\"1\"", &format!("W/{newest}"), &format!("{newest}, {newest}")] {
        assert_eq!(
            put(&world, wrong, json!({})).await.refusal(),
            refused(412, "precondition_failed"),
            "{wrong}"
        );
    }
    assert_eq!(put(&world, "rubbish", json!({})).await.refusal(), refused(400, "bad_precondition"));
    assert_eq!(
        put(&world, "*", json!({"version": 1})).await.status,
        200,
        "any version is this one too"
    );
    assert_eq!(
        put(&world, &newest.replace("\"1-", "\"2-"), json!({"version": 2})).await.status,
        200
    );
    let unversioned = Ask::post("/v1/invites", &json!({})).host("acme.localhost").ann();
    let unversioned = unversioned.header("if-match", "\"1\"").send(&world).await;
    assert_eq!(unversioned.refusal(), refused(412, "precondition_failed"));
}
