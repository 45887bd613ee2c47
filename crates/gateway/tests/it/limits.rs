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

/// What is left of a policy, as `GET /v1/limits` tells it.
async fn rate(world: &World, tenant: &str, policy: &str) -> Option<serde_json::Value> {
    let ask = Ask::get("/v1/limits").host("localhost").header("x-tenant-id", tenant);
    let answer = ask.token("root-token").from([9, 9, 9, 9]).send(world).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let rates = answer.json()["rates"].as_array().expect("rates").clone();
    rates.into_iter().find(|rate| rate["policy"] == policy)
}

#[tokio::test]
async fn a_tenants_rates_are_shown_as_they_stand_to_whoever_may_see_its_usage() {
    let world = world();
    for n in 0..2 {
        let invite = Ask::post("/v1/invites", &json!({})).host("acme.localhost").ann();
        assert_eq!(invite.from([4, 4, 4, n]).send(&world).await.status, 200);
    }
    let expected = json!({
        "policy": "invite-per-tenant", "quota": "3", "windowSeconds": 60, "remaining": "1", "usedPercent": 66,
        "source": "platform", "local": false,
    });
    for _ in 0..3 {
        assert_eq!(rate(&world, "acme", "invite-per-tenant").await, Some(expected.clone()));
    }
    let other = rate(&world, "beta", "invite-per-tenant").await.expect("a rate");
    assert_eq!((&other["remaining"], &other["usedPercent"]), (&json!("3"), &json!(0)));
    let read = rate(&world, "beta", "read-per-tenant").await.expect("a rate");
    assert_eq!((&read["quota"], &read["windowSeconds"]), (&json!("6000"), &json!(60)));
    assert_eq!(rate(&world, "acme", "requests-per-tenant").await, None, "any number");
    let own = Ask::get("/v1/limits").host("acme.localhost").ann().send(&world).await;
    assert_eq!(own.status, 200, "a member with the permission");
    let elsewhere = Ask::get("/v1/limits").host("beta.localhost").ann().send(&world).await;
    assert_eq!(elsewhere.status, 404, "to a stranger the tenant is none");
    let nobody = Ask::get("/v1/limits").host("acme.localhost").send(&world).await;
    assert_eq!(nobody.refusal(), refused(401, "sign_in_required"));
}

#[tokio::test]
async fn a_limit_of_a_plan_or_beside_it_counts_from_the_moment_it_changes() {
    let world = World::new();
    let set = |most: i64, overridden| {
        let limit = wire::tenant::v1::Limit { resource: "requests_per_second".into(), most };
        *world.state.limits.lock().expect("limits") = vec![limit];
        *world.state.overridden.lock().expect("overridden") = overridden;
    };
    let policy = async || {
        let answer = Ask::get("/v1/me").host("acme.localhost").ann().send(&world).await;
        answer.header("ratelimit-policy").to_owned()
    };
    assert!(!policy().await.contains("requests-per-tenant"), "any number");
    for (most, overridden, source) in [(7, false, "plan"), (4, true, "override")] {
        set(most, overridden);
        let expected = format!("\"requests-per-tenant\";q={most};w=1");
        testkit::eventually("the limit counts", async || policy().await == expected).await;
        let rate = rate(&world, "acme", "requests-per-tenant").await.expect("a rate");
        assert_eq!(
            (&rate["quota"], &rate["source"], &rate["windowSeconds"]),
            (&json!(most.to_string()), &json!(source), &json!(1))
        );
    }
    world.state.limits.lock().expect("limits").clear();
    testkit::eventually("it is lifted", async || !policy().await.contains("requests-per-tenant"))
        .await;
}

#[tokio::test]
async fn a_tenant_that_asks_five_times_what_it_may_takes_nothing_from_another() {
    const QUOTA: u32 = 20;
    let config = Config { limit_read: QUOTA, limit_person_percent: 0, ..Config::default() };
    let world = World::with(config, axum::Router::new());
    let ask = |tenant: &str, token: &str, from: [u8; 4]| {
        let ask = Ask::get("/v1/me").host("localhost").header("x-tenant-id", tenant);
        ask.token(token).from(from).send(&world)
    };
    // Five of the noisy tenant for each of the quiet one, all at once, from addresses of their own.
    let all = (0..QUOTA).flat_map(|n| {
        let low = u8::try_from(n).expect("small");
        let noisy = (0..5).map(move |m| ("acme", "ann-token", [10, 0, m, low]));
        noisy.chain([("beta", "root-token", [10, 1, 0, low])])
    });
    let all = all.map(async |(tenant, token, from)| (tenant, ask(tenant, token, from).await));
    let all = futures::future::join_all(all).await;
    let of = |tenant: &'static str| all.iter().filter(move |(asked, _)| *asked == tenant);
    let quiet: Vec<_> = of("beta").map(|(_, answer)| answer.status.as_u16()).collect();
    assert_eq!(quiet, [200; QUOTA as usize], "the quiet tenant is served in full");
    for (_, refusal) in of("acme").filter(|(_, answer)| answer.status != 200) {
        assert_eq!(refusal.json()["violatedPolicies"], json!(["read-per-tenant"]));
    }
    let passed = of("acme").filter(|(_, answer)| answer.status == 200).count();
    // One more passes every three seconds that the machine took.
    assert!((20..30).contains(&passed), "{passed} of 100 passed");
}

#[tokio::test]
async fn what_is_kept_for_whoever_asks_in_an_apps_name_counts_as_a_change() {
    let config = Config { limit_write: 2, ..Config::default() };
    let world = World::with(config, axum::Router::new());
    for (at, path) in [(1, "/oauth/device"), (2, "/oauth/par")] {
        let sent = || Ask::post(path, &json!({})).from([4, 4, 4, at]).send(&world);
        for _ in 0..2 {
            assert_eq!(sent().await.status, 400, "{path}: no form");
        }
        assert_eq!(sent().await.refusal(), refused(429, "rate_limited"), "{path}");
    }
}
