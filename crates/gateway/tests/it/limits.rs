//! Limits: how much passes, and what the refused are told.

use gateway::Config;
use serde_json::json;

use crate::world::{Answer, Ask, World, refused};

fn world() -> World {
    let config =
        Config { limit_login: 2, limit_invite: 3, limit_person_percent: 0, ..Config::default() };
    World::with(config, axum::Router::new())
}

async fn login(world: &World, from: [u8; 4]) -> Answer {
    Ask::post("/v1/sessions", &json!({})).from(from).send(world).await
}

#[tokio::test]
async fn beyond_the_limit_an_address_is_told_which_and_how_long() {
    let world = world();
    for left in ["1", "0"] {
        let answer = login(&world, [1, 1, 1, 1]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), "\"login-per-address\";q=2;w=60");
        assert!(
            answer.header("ratelimit").starts_with(&format!("\"login-per-address\";r={left};t="))
        );
    }
    let answer = login(&world, [1, 1, 1, 1]).await;
    assert_eq!(answer.refusal(), refused(429, "rate_limited"));
    assert_eq!(answer.json()["violatedPolicies"], json!(["login-per-address"]));
    let wait: u32 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=30).contains(&wait), "{wait}");
    assert!(answer.header("ratelimit").contains("r=0"));
    assert_eq!(login(&world, [1, 1, 1, 2]).await.status, 200, "another address has its own");
}

#[tokio::test]
async fn a_stranger_cannot_choose_another_address_to_be_counted_for() {
    let world = world();
    let mut passed = 0;
    for n in 0..6 {
        let ask = Ask::post("/v1/sessions", &json!({}));
        let answer = ask.header("x-forwarded-for", &format!("9.9.9.{n}")).send(&world).await;
        passed += u32::from(answer.status == 200);
    }
    assert_eq!(passed, 2);
}

#[tokio::test]
async fn a_tenant_has_one_allowance_whatever_the_addresses_and_strangers_do_not_use_it_up() {
    let world = world();
    let invite = |from, token| {
        let ask =
            Ask::post("/v1/invites", &json!({})).host("acme.localhost").token(token).from(from);
        async { ask.send(&world).await }
    };
    for n in 0..5 {
        assert_eq!(invite([2, 2, 2, n], "forged").await.status, 401);
    }
    for n in 0..3 {
        assert_eq!(invite([3, 3, 3, n], "ann-token").await.status, 200);
    }
    let answer = invite([3, 3, 3, 9], "ann-token").await;
    assert_eq!(answer.json()["violatedPolicies"], json!(["invite-per-tenant"]));
    let read = Ask::get("/v1/invites").host("acme.localhost").ann().send(&world).await;
    assert_eq!(read.status, 200, "another class has its own");
}

#[tokio::test]
async fn a_plan_limits_the_requests_of_a_second() {
    let world = World::new();
    let limit = |most| wire::tenant::v1::Limit { resource: "requests_per_second".into(), most };
    *world.state.limits.lock().expect("limits") = vec![limit(2)];
    let ask = || Ask::get("/v1/me").ann().host("acme.localhost").send(&world);
    let answers = futures::future::join_all((0..40).map(|_| ask())).await;
    let refusal = answers.iter().find(|answer| answer.status == 429).expect("one too many");
    assert_eq!(refusal.json()["violatedPolicies"], json!(["requests-per-tenant"]));
    assert_eq!(refusal.header("ratelimit-policy"), "\"requests-per-tenant\";q=2;w=1");
    assert!(answers.iter().any(|answer| answer.status == 200), "some pass");
}

#[tokio::test]
async fn one_person_cannot_use_up_what_the_tenant_has() {
    let config = Config { limit_invite: 6, ..Config::default() };
    let world = World::with(config, axum::Router::new());
    let invite = |token| {
        let ask = Ask::post("/v1/invites", &json!({})).host("acme.localhost").token(token);
        async { ask.send(&world).await }
    };
    for _ in 0..3 {
        assert_eq!(invite("ann-token").await.status, 200);
    }
    let refused = invite("ann-token").await;
    assert_eq!(refused.json()["violatedPolicies"], json!(["invite-per-person"]));
    assert_eq!(invite("root-token").await.status, 200, "others still have theirs");
}
