//! Who calls: tokens, cookies, membership, and how soon a lost right is lost.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::world::{ANN, Ask, ROOT, World, refused};

#[tokio::test]
async fn what_is_no_token_of_ours_is_refused_with_a_challenge() {
    let world = World::new();
    for (ask, code) in [
        (Ask::get("/v1/me"), "sign_in_required"),
        (Ask::get("/v1/me").token("forged"), "bad_credential"),
        (Ask::get("/v1/me").header("authorization", "Basic YTpi"), "bad_credential"),
        (Ask::get("/v1/me").ann().ann(), "bad_credential"),
        (Ask::get("/v1/me").header("cookie", "usher=forged"), "bad_credential"),
    ] {
        let answer = ask.send(&world).await;
        assert_eq!(answer.refusal(), refused(401, code));
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
}

#[tokio::test]
async fn a_session_cookie_identifies_as_the_token_does() {
    let world = World::new();
    for cookie in ["usher=ann-token", "a=b; __Host-usher=ann-token; c=d"] {
        let answer = Ask::get("/v1/me").header("cookie", cookie).send(&world).await;
        assert_eq!(answer.status, 200, "{cookie}");
        assert_eq!(world.last_seen().user().expect("person").to_string(), ANN);
    }
}

#[tokio::test]
async fn a_change_by_cookie_must_come_from_our_own_pages() {
    let world = World::new();
    let change = |name: &'static str, value: &'static str| {
        let ask = Ask::post("/v1/invites", &json!({})).host("acme.localhost");
        let ask = ask.header("cookie", "usher=ann-token").header(name, value);
        async { ask.send(&world).await }
    };
    assert_eq!(change("sec-fetch-site", "same-origin").await.status, 200);
    assert_eq!(change("origin", "http://acme.localhost").await.status, 200);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "http://beta.localhost"),
        ("origin", "null"),
    ] {
        assert_eq!(change(name, value).await.refusal(), refused(403, "cross_site"), "{value}");
    }
}

#[tokio::test]
async fn to_whoever_does_not_belong_a_tenant_is_not_there_unless_the_platform_trusts_them() {
    let world = World::new();
    let ann = Ask::get("/v1/me").host("beta.localhost").ann().send(&world).await;
    assert_eq!(ann.refusal(), refused(404, "tenant_unknown"));
    let root = Ask::get("/v1/me").host("beta.localhost").token("root-token").send(&world).await;
    assert_eq!(root.status, 200);
    let seen = world.last_seen();
    assert_eq!(seen.user().expect("person").to_string(), ROOT);
    assert!(seen.flags.system_admin);
}

#[tokio::test]
async fn a_session_that_a_tenants_provider_opened_is_good_in_that_tenant_alone() {
    let world = World::new();
    let at = |host: &'static str| Ask::get("/v1/me").host(host).token("sso-token");
    assert_eq!(at("acme.localhost").send(&world).await.status, 200);
    assert!(world.last_seen().flags.of_tenant, "and is held to it");
    for host in ["beta.localhost", "localhost"] {
        let elsewhere = at(host).send(&world).await;
        assert_eq!(elsewhere.refusal(), refused(401, "bad_credential"), "{host}");
    }
}

#[tokio::test]
async fn a_missing_permission_is_refused_by_the_service() {
    let world = World::new();
    let answer = Ask::get("/v1/tenants").ann().send(&world).await;
    assert_eq!(answer.refusal(), refused(403, "permission_denied"));
    let needs_tenant = Ask::get("/v1/invites").ann().send(&world).await;
    assert_eq!(needs_tenant.refusal(), refused(400, "tenant_required"));
}

#[tokio::test]
async fn a_caller_is_identified_once_for_many_requests_and_per_tenant() {
    let world = World::new();
    let asks = (0..20).map(|_| Ask::get("/v1/me").ann().send(&world));
    let answers = futures::future::join_all(asks).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(world.identified(), 1);
    let elsewhere = Ask::get("/v1/me").host("acme.localhost").ann().send(&world).await;
    assert_eq!((elsewhere.status.as_u16(), world.identified()), (200, 2));
}

#[tokio::test]
async fn after_signing_out_the_token_is_refused_at_once_and_everywhere() {
    let world = World::new();
    for host in ["localhost", "acme.localhost"] {
        assert_eq!(Ask::get("/v1/me").host(host).ann().send(&world).await.status, 200);
    }
    let end = Ask::new("DELETE", "/v1/sessions/current").ann().send(&world).await;
    assert_eq!(end.status, 200, "{end:?}");
    for host in ["localhost", "acme.localhost"] {
        let answer = Ask::get("/v1/me").host(host).ann().send(&world).await;
        assert_eq!(answer.refusal(), refused(401, "bad_credential"));
    }
}

#[tokio::test]
async fn a_public_address_does_not_look_at_credentials() {
    let world = World::new();
    let body = json!({"email": "a@b.io", "password": "x"});
    let answer = Ask::post("/v1/sessions", &body).token("forged").send(&world).await;
    assert_eq!(answer.json()["token"], "fresh");
    assert_eq!(world.identified(), 0);
}

/// Calls again until `done` holds of the world and the answer's status.
async fn call_until(world: &World, done: impl Fn(u16) -> bool) {
    let started = Instant::now();
    while !done(Ask::get("/v1/me").ann().send(world).await.status.as_u16()) {
        assert!(started.elapsed() < Duration::from_secs(60), "it never came");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_session_that_ends_elsewhere_is_refused_soon() {
    let world = World::new();
    assert_eq!(Ask::get("/v1/me").ann().send(&world).await.status, 200);
    *world.state.revoked.lock().expect("revoked") = true;
    call_until(&world, |status| status == 401).await;
}

#[tokio::test]
async fn a_passport_is_kept_while_nothing_about_its_person_changes() {
    let world = World::new();
    Ask::get("/v1/me").ann().send(&world).await;
    let first = world.last_seen().passport.expect("passport");
    call_until(&world, |_| world.identified() == 2).await;
    assert!(world.last_seen().passport.expect("passport") == first);
}
