//! Maintenance: who is served while it lasts, and how all gateways hear of it.

use axum::{Router, routing::get};
use bus::{Nats, Stream};
use gateway::{Config, Notice, Switch};
use serde_json::json;

use crate::world::{Answer, Ask, World, refused};

fn pages() -> Router {
    let page = || get(async || "a page");
    Router::new().route("/", page()).route("/signin", page()).route("/assets/x.css", page())
}

fn closed() -> World {
    World::with(Config { maintenance: true, ..Config::default() }, pages())
}

fn assert_closed(answer: &Answer, what: &str) {
    assert_eq!(answer.refusal(), refused(503, "maintenance"), "{what}");
    assert!(!answer.header("retry-after").is_empty(), "{what}");
}

#[tokio::test]
async fn meanwhile_nobody_is_served_but_operators() {
    let world = closed();
    let acme = |target: &str| Ask::get(target).host("acme.localhost");
    for (what, ask) in [
        ("a member", acme("/v1/invites").ann()),
        ("a member by cookie", acme("/v1/invites").header("cookie", "usher=ann-token")),
        ("nobody", acme("/v1/invites")),
        ("a token of nobody", acme("/v1/invites").token("forged")),
        ("a change", Ask::post("/v1/invites", &json!({})).host("acme.localhost").ann()),
        ("what is open to all", acme("/v1/invitations/t")),
        ("a stream", acme("/v1/stream").ann()),
        ("a page", acme("/")),
        ("a member's page", acme("/").header("cookie", "usher=ann-token")),
    ] {
        assert_closed(&ask.send(&world).await, what);
    }
    let legacy = acme("/api/admin/users").ann().send(&world).await;
    assert_eq!(legacy.status, 503, "the legacy API has errors of another form: {legacy:?}");
    assert!(world.state.seen.lock().expect("seen").is_empty(), "no service was asked");
    for (what, ask) in [
        ("an operator", acme("/v1/me").token("root-token")),
        ("an operator in no tenant", Ask::get("/v1/me").token("root-token")),
        ("an operator's page", Ask::get("/").header("cookie", "usher=root-token")),
        ("sign-in", Ask::post("/v1/sessions", &json!({}))),
        ("the page of sign-in", Ask::get("/signin")),
        ("what pages are made of", Ask::get("/assets/x.css")),
        ("liveness", Ask::get("/livez")),
        ("readiness", Ask::get("/readyz")),
    ] {
        assert_eq!(ask.send(&world).await.status, 200, "{what}");
    }
}

#[tokio::test]
async fn operators_switch_it_while_all_runs_and_every_gateway_follows() {
    let stream = testkit::Stream::new().await;
    let worlds = [(); 2].map(|()| async {
        let nats = stream.nats().await;
        World::meeting(Config::default(), pages(), Some(nats))
    });
    let worlds = futures::future::join_all(worlds).await;
    let ask = || Ask::get("/v1/me").host("acme.localhost").ann();
    let switch = Switch::of(&stream.nats().await);
    let notice = Notice { reason: "We move house until noon.".into(), retry_after_seconds: 7 };
    testkit::eventually("NATS answers", async || switch.turn_on(&notice).await.is_ok()).await;
    assert_eq!(switch.read().await.expect("read"), Some(notice));
    for world in &worlds {
        testkit::eventually("it closes", async || ask().send(world).await.status == 503).await;
        let answer = ask().send(world).await;
        assert_closed(&answer, "a member");
        assert_eq!(answer.header("retry-after"), "7");
        assert_eq!(answer.json()["detail"], "We move house until noon.");
    }
    switch.turn_off().await.expect("off");
    for world in &worlds {
        testkit::eventually("it opens", async || ask().send(world).await.status == 200).await;
    }
    let name = format!("KV_{}_door", stream.place().name);
    stream.jetstream().await.delete_stream(name).await.expect("cleaned up");
}

#[tokio::test]
async fn a_gateway_that_begins_without_nats_goes_on_and_says_that_it_does_not_know() {
    let port = testkit::free_ports(1)[0];
    let url = format!("nats://127.0.0.1:{port}");
    let away = Nats::connect_to(&url.into(), Stream::default()).await.expect("an address");
    let world = World::meeting(Config::default(), pages(), Some(away));
    let answer = Ask::get("/v1/me").host("acme.localhost").ann().send(&world).await;
    assert_eq!(answer.status, 200, "the platform goes on");
    let ready = Ask::get("/readyz").send(&world).await;
    assert_eq!(ready.status, 200);
    let checks = ready.json()["checks"].as_array().expect("checks").clone();
    let check = checks.iter().find(|check| check["name"] == "maintenance").expect("a check");
    assert_eq!((check["ok"].as_bool(), check["advisory"].as_bool()), (Some(false), Some(true)));
    assert!(check["reason"].as_str().expect("words").contains("taken for off"), "{check}");
    world.host.kill();
}

#[tokio::test]
async fn a_gateway_that_has_looked_has_nothing_to_say() {
    let stream = testkit::Stream::new().await;
    let world = World::meeting(Config::default(), pages(), Some(stream.nats().await));
    testkit::eventually("it has looked", async || {
        let ready = Ask::get("/readyz").send(&world).await;
        ready.json()["checks"].as_array().expect("checks").iter().all(|check| check["ok"] == true)
    })
    .await;
    let name = format!("KV_{}_door", stream.place().name);
    stream.jetstream().await.delete_stream(name).await.expect("cleaned up");
}
