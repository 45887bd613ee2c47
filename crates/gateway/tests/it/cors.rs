//! Pages of other origins, and what the world is told about the gateway.

use gateway::Config;
use serde_json::json;

use crate::world::{Answer, Ask, World};

const EVERYWHERE: &str = "https://app.example";
const ACMES: &str = "https://acme.example";

fn world() -> World {
    let origins = [EVERYWHERE.to_owned(), format!("acme={ACMES}")];
    let cors_origins = origins.iter().map(|origin| origin.parse().expect("origin")).collect();
    World::with(Config { cors_origins, ..Config::default() }, axum::Router::new())
}

async fn question(world: &World, host: &str, origin: &str) -> Answer {
    let ask = Ask::new("OPTIONS", "/v1/invites").host(host).header("origin", origin);
    let ask = ask.header("access-control-request-method", "POST");
    ask.header("access-control-request-headers", "authorization").send(world).await
}

#[tokio::test]
async fn a_question_is_answered_for_known_origins_and_tells_nothing_of_tenants() {
    let world = world();
    for (host, origin, allowed) in [
        ("localhost", EVERYWHERE, true),
        ("acme.localhost", EVERYWHERE, true),
        ("beta.localhost", EVERYWHERE, true),
        ("acme.localhost", ACMES, true),
        // For which tenant an origin counts is looked at with the request itself.
        ("beta.localhost", ACMES, true),
        ("nobody.localhost", ACMES, true),
        ("localhost", ACMES, true),
        ("acme.localhost", "https://evil.example", false),
        ("acme.localhost", "https://app.example.evil", false),
        ("acme.localhost", "http://app.example", false),
        ("acme.localhost", "https://APP.example", false),
        ("acme.localhost", "null", false),
        ("acme.localhost", "*", false),
    ] {
        let answer = question(&world, host, origin).await;
        assert_eq!(answer.status, 204);
        let told = if allowed { origin } else { "" };
        assert_eq!(answer.header("access-control-allow-origin"), told, "{origin} at {host}");
        assert_eq!(answer.headers.contains_key("access-control-allow-methods"), allowed);
        assert!(!answer.headers.contains_key("access-control-allow-credentials"), "no cookies");
        assert_eq!(answer.header("vary"), "origin");
    }
    assert_eq!(world.identified(), 0, "a question has no credential");
}

#[tokio::test]
async fn an_answer_is_readable_for_the_origins_of_its_tenant_only() {
    let world = world();
    let read = |tenant: &'static str, origin: &'static str| {
        let ask = Ask::get("/v1/me").host("localhost").token("root-token");
        ask.header("x-tenant-id", tenant).header("origin", origin).send(&world)
    };
    for (tenant, origin, allowed) in [
        ("acme", ACMES, true),
        ("beta", ACMES, false),
        ("acme", EVERYWHERE, true),
        ("beta", EVERYWHERE, true),
        ("acme", "https://evil.example", false),
    ] {
        let answer = read(tenant, origin).await;
        assert_eq!(answer.status, 200);
        let told = if allowed { origin } else { "" };
        assert_eq!(answer.header("access-control-allow-origin"), told, "{origin} of {tenant}");
        assert_eq!(answer.headers.contains_key("access-control-expose-headers"), allowed);
        assert_eq!(answer.header("vary"), "origin");
    }
    let refused =
        Ask::get("/v1/me").host("acme.localhost").header("origin", ACMES).send(&world).await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("access-control-allow-origin")),
        (401, ACMES)
    );
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_acts_with_a_token_and_never_with_a_cookie() {
    let world = world();
    let invite =
        || Ask::post("/v1/invites", &json!({})).host("acme.localhost").header("origin", ACMES);
    assert_eq!(invite().ann().send(&world).await.status, 200);
    let cookie = invite().header("cookie", "usher=ann-token").send(&world).await;
    assert_eq!(cookie.refusal(), (403, "cross_site".into()));
}

#[tokio::test]
async fn without_allowed_origins_none_reads_anything() {
    let world = World::new();
    let answer = question(&world, "acme.localhost", EVERYWHERE).await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
    assert_eq!(answer.header("vary"), "origin", "they may be allowed a moment later");
}

/// The origins that a question about, and a request to, this place are told.
async fn told(world: &World, target: &str, host: &str) -> [String; 2] {
    let ask = Ask::new("OPTIONS", target).host(host).header("origin", ACMES);
    let asked = ask.header("access-control-request-method", "GET").send(world).await;
    let ask = Ask::get(target).host(host).token("root-token").header("origin", ACMES);
    let read = ask.send(world).await;
    [asked, read].map(|answer| answer.header("access-control-allow-origin").to_owned())
}

#[tokio::test]
async fn origins_of_a_tenants_settings_read_its_part_alone_and_change_while_all_runs() {
    let world = World::new();
    let acme = async || told(&world, "/v1/me", "acme.localhost").await;
    assert_eq!(acme().await, ["", ""]);
    *world.state.acme_allows.lock().expect("origins") = vec![ACMES.to_owned()];
    testkit::eventually("it is allowed", async || acme().await == [ACMES, ACMES]).await;
    for (target, host, expected) in [
        ("/t/acme/v1/me", "localhost", [ACMES, ACMES]),
        ("/v1/me", "portal.acme.example", [ACMES, ACMES]),
        ("/v1/me", "beta.localhost", ["", ""]),
        ("/v1/me", "localhost", ["", ""]),
        ("/v1/me", "nobody.localhost", ["", ""]),
        ("/v1/me", "gone.localhost", ["", ""]),
    ] {
        assert_eq!(told(&world, target, host).await, expected, "{target} at {host}");
    }
    world.state.acme_allows.lock().expect("origins").clear();
    testkit::eventually("it is allowed no more", async || acme().await == ["", ""]).await;
}

#[tokio::test]
async fn whoever_asks_too_much_with_any_origin_makes_nobody_look_for_a_tenant() {
    let world = World::with(Config { limit_read: 1, ..Config::default() }, axum::Router::new());
    let ask = || Ask::get("/v1/me").host("acme.localhost").header("origin", ACMES).send(&world);
    assert_eq!(ask().await.status, 401);
    let resolved = world.resolved();
    for _ in 0..3 {
        let answer = ask().await;
        assert_eq!(answer.json()["violatedPolicies"], json!(["read-per-address"]));
        let question = question(&world, "acme.localhost", ACMES).await;
        assert!(!question.headers.contains_key("access-control-allow-origin"));
    }
    assert_eq!(world.resolved(), resolved);
}

#[tokio::test]
async fn finders_of_weaknesses_are_told_where_to_write() {
    let contact = Some("mailto:security@example.com".parse().expect("contact"));
    let world =
        World::with(Config { security_contact: contact, ..Config::default() }, axum::Router::new());
    let file = Ask::get("/.well-known/security.txt").send(&world).await;
    assert_eq!(
        (file.status.as_u16(), file.header("content-type")),
        (200, "text/plain; charset=utf-8")
    );
    let fields: Vec<_> = file.text.lines().filter_map(|line| line.split_once(": ")).collect();
    assert_eq!(fields[0], ("Contact", "mailto:security@example.com"));
    let (name, expires) = fields[1];
    let expires: kernel::Timestamp = serde_json::from_value(json!(expires)).expect("RFC 3339");
    let now = kernel::Clock::system().now();
    assert!(name == "Expires" && expires > now && expires.since(now).as_secs() < 366 * 86_400);
    let none = Ask::get("/.well-known/security.txt").send(&World::new()).await;
    assert_eq!(none.status, 404);
}
