//! Streams: server-sent events that begin, fail and end as they should.

use std::time::Duration;

use axum::{Router, body::Body};
use futures::StreamExt;
use gateway::Config;
use http_body_util::BodyExt;

use crate::world::{Ask, World, refused};

const PATIENCE: Duration = Duration::from_secs(60);

/// Reads until `text` has come.
async fn read_until(body: &mut Body, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        let frame = tokio::time::timeout(PATIENCE, body.frame()).await.expect("in time");
        let frame = frame.expect("more to come").expect("frame");
        read += std::str::from_utf8(frame.data_ref().expect("data")).expect("text");
    }
    read
}

fn open(query: &str) -> Ask {
    Ask::get(&format!("/v1/stream?subject=user.invite.created{query}")).token("root-token")
}

#[tokio::test]
async fn each_fact_is_an_event_with_id_name_and_data() {
    let world = World::new();
    let response = open("").open(&world).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let mut body = response.into_body();
    let read = read_until(&mut body, "id: 2").await;
    for line in ["id: 1", "event: user.invite.created", "data: {"] {
        assert!(read.contains(line), "{line} in {read}");
    }
}

#[tokio::test]
async fn whoever_asks_for_lines_gets_each_fact_as_one() {
    let world = World::new();
    let lines = |query| open(query).header("accept", "application/x-ndjson");
    let response = lines("").header("accept-encoding", "gzip").open(&world).await;
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    assert!(!response.headers().contains_key("content-encoding"), "a line waits for no other");
    let mut body = response.into_body();
    let read = read_until(&mut body, "\"id\":\"2\"").await;
    let first: serde_json::Value =
        serde_json::from_str(read.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["type"], "user.invite.created");
    let body = lines("&replay=true").open(&world).await.into_body();
    let all = tokio::time::timeout(PATIENCE, body.collect()).await.expect("in time");
    let text = String::from_utf8(all.expect("body").to_bytes().to_vec()).expect("text");
    let last: serde_json::Value =
        serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    assert_eq!(last["problem"]["code"], "unavailable");
}

#[tokio::test]
async fn a_caller_holds_so_many_streams_open_and_a_closed_one_makes_room() {
    let config = Config { streams_per_caller: 2, ..Config::default() };
    let world = World::with(config, Router::new());
    let first = open("").open(&world).await;
    let second = open("").open(&world).await;
    let third = open("").send(&world).await;
    assert_eq!(third.refusal(), refused(429, "rate_limited"));
    assert_eq!(third.headers["retry-after"], "5");
    drop(first);
    assert_eq!(open("").open(&world).await.status(), 200);
    drop(second);
}

#[tokio::test]
async fn a_stream_ends_when_the_host_stops() {
    let world = World::new();
    let mut body = open("").open(&world).await.into_body();
    read_until(&mut body, "id: 2").await;
    world.host.stop();
    let rest = tokio::time::timeout(PATIENCE, body.collect()).await;
    rest.expect("in time").expect("the stream ends in order");
}

#[tokio::test]
async fn a_stream_ends_soon_after_its_caller_lost_the_right_to_it() {
    let world = World::new();
    let mut body = open("").open(&world).await.into_body();
    read_until(&mut body, "id: 2").await;
    *world.state.revoked.lock().expect("revoked") = true;
    let rest = tokio::time::timeout(PATIENCE, body.collect()).await;
    rest.expect("in time").expect("the stream ends in order");
}

#[tokio::test]
async fn a_stream_ends_when_its_tenant_is_suspended_or_closed() {
    for status in ["suspended", "closing", "closed"] {
        let world = World::new();
        let mut body = open("").host("acme.localhost").open(&world).await.into_body();
        read_until(&mut body, "id: 2").await;
        world.turn_acme(status);
        let rest = tokio::time::timeout(PATIENCE, body.collect()).await;
        rest.expect("in time").expect("the stream ends in order");
    }
}

#[tokio::test]
async fn a_failure_within_the_stream_is_its_last_event() {
    let world = World::new();
    let body = open("&replay=true").open(&world).await.into_body();
    let all = tokio::time::timeout(PATIENCE, body.collect()).await.expect("in time");
    let text = String::from_utf8(all.expect("body").to_bytes().to_vec()).expect("text");
    let last = text.trim().rsplit("\n\n").next().expect("an event");
    assert!(last.contains("event: problem") && last.contains("\"code\":\"unavailable\""), "{text}");
    assert!(!text.contains("the bus is away"));
}

#[tokio::test]
async fn a_refusal_before_the_stream_is_a_problem() {
    let world = World::new();
    let answer = Ask::get("/v1/stream").ann().send(&world).await;
    assert_eq!(answer.refusal(), refused(403, "permission_denied"));
    assert_eq!(
        Ask::get("/v1/stream").send(&world).await.refusal(),
        refused(401, "sign_in_required")
    );
}

#[tokio::test]
async fn many_streams_stand_beside_each_other() {
    let world = World::new();
    let streams = futures::stream::iter(0..50).map(|_| open("").open(&world)).buffered(50);
    let mut bodies: Vec<Body> = streams.map(|response| response.into_body()).collect().await;
    for body in &mut bodies {
        read_until(body, "id: 2").await;
    }
}
