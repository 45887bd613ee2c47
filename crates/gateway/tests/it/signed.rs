//! Calls that a program signs: who it then is, what is refused, and that each comes once.

use std::{io, time::Duration};

use aws_lc_rs::{digest, hmac};
use axum::body::Body;
use bus::{Nats, Stream};
use bytes::Bytes;
use futures::stream;
use gateway::Config;
use kernel::{Clock, Credential};
use serde_json::json;

use crate::world::{ACME, ANN, Answer, Ask, ROOT, World, refused};

const KEY: &str = "a-key-of-thirty-two-characters-or-more";
const NEXT: &str = "the-key-that-comes-after-it-in-a-rotation";
const PLACE: &str = "/v1/activity";

fn config() -> Config {
    let callers = format!("bff={KEY},bff={NEXT},jobs={}", "j".repeat(40));
    Config { signed_callers: Some(callers.into()), ..Config::default() }
}

fn world() -> World {
    of(config())
}

/// A gateway alone that began long enough ago to take signed calls.
fn of(config: Config) -> World {
    let long = Duration::from_secs(900);
    let clock = Clock::standing_at(Clock::system().now().before(long));
    let world = World::at(config, axum::Router::new(), None, clock.clone());
    clock.advance(long);
    world
}

/// A call in the making, as another program would sign it.
#[derive(Clone)]
struct Call {
    key: &'static str,
    caller: &'static str,
    method: &'static str,
    target: String,
    body: String,
    tenant: String,
    slug: String,
    user: String,
    flags: String,
    version: String,
    repeat: String,
    request_id: String,
    seconds: i64,
    nonce: String,
}

fn now() -> i64 {
    Clock::system().now().jiff().as_second()
}

fn fresh() -> String {
    Clock::system().new_id::<uuid::Uuid>().simple().to_string()
}

fn call() -> Call {
    Call {
        key: KEY,
        caller: "bff",
        method: "POST",
        target: "/v1/access/check".into(),
        body: "{}".into(),
        tenant: "acme".into(),
        slug: String::new(),
        user: ANN.into(),
        flags: String::new(),
        version: String::new(),
        repeat: String::new(),
        request_id: fresh(),
        seconds: now(),
        nonce: fresh(),
    }
}

/// A read, which the world answers to whoever may.
fn read() -> Call {
    Call { method: "GET", target: format!("{PLACE}?pageSize=5"), body: String::new(), ..call() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sum(text: &str) -> String {
    hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

fn sign(key: &str, lines: &[&str]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    hex(hmac::sign(&key, lines.join("\n").as_bytes()).as_ref())
}

impl Call {
    fn place(&self) -> (&str, &str) {
        self.target.split_once('?').unwrap_or((&self.target, ""))
    }

    fn signature(&self) -> String {
        let (path, query) = self.place();
        let (body, seconds) = (sum(&self.body), self.seconds.to_string());
        sign(
            self.key,
            &[
                "usher-signature-1",
                self.caller,
                self.method,
                path,
                query,
                &body,
                &self.tenant,
                &self.slug,
                &self.user,
                &self.flags,
                &self.version,
                &self.repeat,
                &self.request_id,
                &seconds,
                &self.nonce,
            ],
        )
    }

    /// The request with this signature.
    fn ask(&self, signature: &str) -> Ask {
        let seconds = self.seconds.to_string();
        let ask = self.context().header("x-usher-caller", self.caller);
        let ask = ask.header("x-usher-timestamp", &seconds).header("x-usher-nonce", &self.nonce);
        ask.header("x-usher-signature", signature)
    }

    /// The request as callers of the old form sign it.
    fn old(&self) -> Ask {
        let (body, seconds) = (sum(&self.body), self.seconds.to_string());
        let path = self.place().0;
        let lines = [self.method, path, &body, &self.request_id, &seconds];
        let ask = self.context().header("x-updspace-timestamp", &seconds);
        ask.header("x-updspace-signature", &sign(self.key, &lines))
    }

    fn context(&self) -> Ask {
        let mut ask = Ask::new(self.method, &self.target).host("localhost");
        for (name, value) in [
            ("x-request-id", &self.request_id),
            ("x-tenant-id", &self.tenant),
            ("x-tenant-slug", &self.slug),
            ("x-user-id", &self.user),
            ("x-master-flags", &self.flags),
            ("if-match", &self.version),
            ("idempotency-key", &self.repeat),
        ] {
            if !value.is_empty() {
                ask = ask.header(name, value);
            }
        }
        match self.body.as_str() {
            "" => ask,
            body => ask.header("content-type", "application/json").body(body.to_owned()),
        }
    }

    async fn send(&self, world: &World) -> Answer {
        self.ask(&self.signature()).send(world).await
    }
}

fn reason(answer: &Answer) -> String {
    let (status, reason) = answer.refusal();
    assert_eq!(status, 401, "{reason}");
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
    reason
}

#[tokio::test]
async fn a_signed_call_is_its_persons_as_software_of_theirs_would_make_it() {
    let world = world();
    for one in [
        read(),
        Call { key: NEXT, ..read() },
        Call { tenant: ACME.into(), slug: "acme".into(), ..read() },
        Call { target: PLACE.into(), ..read() },
        Call { repeat: fresh(), ..read() },
    ] {
        assert_eq!(one.send(&world).await.status, 200);
        let seen = world.last_seen();
        assert_eq!(seen.user().expect("a person").to_string(), ANN);
        assert_eq!(seen.tenant.expect("a tenant").to_string(), ACME);
        assert_eq!(seen.flags.credential, Credential::Delegated);
        assert_eq!(seen.user_agent.as_deref(), Some("signed by bff"));
    }
    assert_eq!(world.identified(), 0, "nobody was asked for a session");
}

#[tokio::test]
async fn flags_narrow_what_a_person_may_do_and_never_widen_it() {
    let world = world();
    let flagged = |user: &str, flags| Call {
        user: user.into(),
        flags: serde_json::Value::to_string(&flags),
        ..read()
    };
    let trusted = flagged(ROOT, json!({"suspended": false, "system_admin": true}));
    assert_eq!(trusted.send(&world).await.refusal(), refused(403, "permission_denied"));
    let suspended = flagged(ANN, json!({"suspended": true}));
    assert_eq!(suspended.send(&world).await.refusal(), refused(403, "suspended"));
    assert_eq!(read().send(&world).await.status, 200, "it was said of that call");
    let stranger = Call { tenant: "beta".into(), ..read() };
    assert_eq!(stranger.send(&world).await.refusal(), refused(404, "tenant_unknown"));
}

#[tokio::test]
async fn whatever_is_altered_on_the_way_is_refused() {
    let world = world();
    let good = call();
    let signature = good.signature();
    let cases: [(&str, Call); 14] = [
        ("method", Call { method: "PUT", ..good.clone() }),
        ("path", Call { target: "/v1/access/explain".into(), ..good.clone() }),
        ("query", Call { target: format!("{}?dry=1", good.target), ..good.clone() }),
        ("body", Call { body: "{ }".into(), ..good.clone() }),
        ("no body", Call { body: String::new(), ..good.clone() }),
        ("tenant", Call { tenant: "beta".into(), ..good.clone() }),
        ("the tenant's other name", Call { tenant: ACME.into(), ..good.clone() }),
        ("slug", Call { slug: "acme".into(), ..good.clone() }),
        ("person", Call { user: ROOT.into(), ..good.clone() }),
        ("flags", Call { flags: r#"{"system_admin":true}"#.into(), ..good.clone() }),
        ("version", Call { version: "\"7\"".into(), ..good.clone() }),
        ("repeat", Call { repeat: fresh(), ..good.clone() }),
        ("request id", Call { request_id: fresh(), ..good.clone() }),
        ("nonce", Call { nonce: fresh(), ..good.clone() }),
    ];
    for (what, altered) in cases {
        let answer = altered.ask(&signature).send(&world).await;
        assert_eq!(reason(&answer), "signature_wrong", "{what}");
    }
    let later = Call { seconds: good.seconds + 1, ..good.clone() };
    assert_eq!(reason(&later.ask(&signature).send(&world).await), "signature_wrong");
    let other = Call { caller: "jobs", ..good.clone() };
    assert_eq!(reason(&other.ask(&signature).send(&world).await), "signature_wrong");
    assert!(world.state.seen.lock().expect("seen").is_empty(), "no service was asked");
    let host = good.ask(&signature).header("x-forwarded-for", "9.9.9.9");
    assert_ne!(host.send(&world).await.status, 401, "as it was signed it is let in still");
}

#[tokio::test]
async fn who_signs_must_be_known_and_the_clock_about_right() {
    let world = world();
    let unknown = Call { caller: "nobody", ..read() };
    assert_eq!(reason(&unknown.send(&world).await), "signature_caller_unknown");
    let forged = Call { key: "another-key-of-thirty-two-characters", ..read() };
    assert_eq!(reason(&forged.send(&world).await), "signature_wrong");
    for seconds in [-100_000, -310, 310, 100_000] {
        let call = Call { seconds: now() + seconds, ..read() };
        assert_eq!(reason(&call.send(&world).await), "signature_expired", "{seconds}");
    }
    for seconds in [-290, 290] {
        let call = Call { seconds: now() + seconds, ..read() };
        assert_eq!(call.send(&world).await.status, 200, "{seconds}");
    }
    let nobody = World::new();
    assert_eq!(reason(&read().send(&nobody).await), "signature_caller_unknown");
}

#[tokio::test]
async fn malformed_signatures_are_refused_and_not_passed_over() {
    let world = world();
    for (what, call) in [
        ("flags as a list", Call { flags: "suspended".into(), ..read() }),
        ("no person", Call { user: String::new(), ..read() }),
        ("no tenant", Call { tenant: String::new(), ..read() }),
        ("a short word", Call { nonce: "short".into(), ..read() }),
    ] {
        assert_eq!(reason(&call.send(&world).await), "signature_malformed", "{what}");
    }
    let call = read();
    let both = call.ask(&call.signature()).header("x-updspace-signature", &"ab".repeat(32));
    assert_eq!(reason(&both.send(&world).await), "signature_malformed");
    let twice = call.ask(&call.signature()).header("x-user-id", ROOT);
    assert_eq!(reason(&twice.send(&world).await), "signature_malformed");
    let token = call.ask(&call.signature()).token("root-token");
    assert_eq!(reason(&token.send(&world).await), "bad_credential", "one credential");
}

#[tokio::test]
async fn where_signatures_do_not_count_identity_from_outside_is_dropped() {
    let world = world();
    let elsewhere = Call { target: "/v1/me".into(), ..read() };
    assert_eq!(reason(&elsewhere.send(&world).await), "sign_in_required");
    assert_eq!(reason(&read().context().send(&world).await), "sign_in_required", "no signature");
    let own = Ask::get("/v1/me").host("acme.localhost").ann();
    let own = own.header("x-user-id", ROOT).header("x-master-flags", r#"{"system_admin":true}"#);
    assert_eq!(own.send(&world).await.status, 200);
    let seen = world.last_seen();
    assert_eq!(seen.user().expect("a person").to_string(), ANN);
    assert!(!seen.flags.system_admin);
    let path = Call { target: format!("/t/acme{PLACE}"), ..read() };
    assert_eq!(reason(&path.send(&world).await), "bad_credential", "the path names no tenant");
    let host = read();
    let host = host.ask(&host.signature()).header("x-forwarded-host", "beta.localhost");
    assert_eq!(host.send(&world).await.status, 200, "a stranger names no host");
}

#[tokio::test]
async fn a_call_counts_once_also_at_a_second_gateway() {
    let stream = testkit::Stream::new().await;
    let meet = async || World::meeting(config(), axum::Router::new(), Some(stream.nats().await));
    let (one, other) = (meet().await, meet().await);
    for world in [&one, &other] {
        testkit::eventually("NATS answers", async || read().send(world).await.status == 200).await;
    }
    let call = read();
    assert_eq!(call.send(&one).await.status, 200);
    for world in [&one, &other] {
        assert_eq!(reason(&call.send(world).await), "signature_replayed");
    }
    let again = Call { request_id: fresh(), ..call.clone() };
    assert_eq!(reason(&again.send(&other).await), "signature_replayed", "the word was used");
    let racing = read();
    let all = (0..8).map(|n| racing.send(if n % 2 == 0 { &one } else { &other }));
    let all = futures::future::join_all(all).await;
    assert_eq!(all.iter().filter(|answer| answer.status == 200).count(), 1);
    let next = Call { nonce: fresh(), ..call };
    assert_eq!(next.send(&other).await.status, 200);
    for world in [one, other] {
        world.host.kill();
    }
    let name = format!("KV_{}_nonces", stream.place().name);
    let kept = stream.jetstream().await.get_stream(name).await.expect("the words");
    let storage = format!("{:?}", kept.cached_info().config.storage);
    assert_eq!(storage, "File", "NATS may start anew");
    for bucket in ["nonces", "limits", "door"] {
        let name = format!("KV_{}_{bucket}", stream.place().name);
        let _ = stream.jetstream().await.delete_stream(name).await;
    }
}

#[tokio::test]
async fn a_gateway_alone_remembers_for_itself_and_one_that_lost_the_others_lets_none_in() {
    let world = world();
    let call = read();
    assert_eq!(call.send(&world).await.status, 200);
    assert_eq!(reason(&call.send(&world).await), "signature_replayed");
    let begun_anew = World::with(config(), axum::Router::new());
    for one in [call, read()] {
        let answer = one.send(&begun_anew).await;
        assert_eq!(answer.refusal(), refused(503, "signature_unchecked"), "it may have come");
    }
    let port = testkit::free_ports(1)[0];
    let url = format!("nats://127.0.0.1:{port}");
    let away = Nats::connect_to(&url.into(), Stream::default()).await.expect("an address");
    let lost = World::meeting(config(), axum::Router::new(), Some(away));
    let answer = tokio::time::timeout(Duration::from_secs(20), read().send(&lost)).await;
    let answer = answer.expect("it is answered in time");
    assert_eq!(answer.refusal(), refused(503, "signature_unchecked"));
    lost.host.kill();
}

#[tokio::test]
async fn the_old_form_is_taken_where_the_setting_says_so_and_there_alone() {
    let off = world();
    assert_eq!(reason(&read().old().send(&off).await), "signature_form_old");
    let on = of(Config { old_signatures: true, ..config() });
    let call = read();
    assert_eq!(call.old().send(&on).await.status, 200);
    assert_eq!(on.last_seen().user_agent.as_deref(), Some("signed by bff"));
    assert_eq!(reason(&call.old().send(&on).await), "signature_replayed");
    let unsigned = Call { target: format!("{PLACE}?pageSize=6"), request_id: fresh(), ..read() };
    assert_eq!(unsigned.old().send(&on).await.status, 200, "what it leaves out is its weakness");
    let (signed, altered) = (call_of_body("{}"), call_of_body("{ }"));
    let forged = Call { body: altered.body, ..signed.clone() };
    let (body, seconds) = (sum(&signed.body), signed.seconds.to_string());
    let lines = [signed.method, signed.place().0, &body, &signed.request_id, &seconds];
    let ask = forged.context().header("x-updspace-timestamp", &seconds);
    let ask = ask.header("x-updspace-signature", &sign(KEY, &lines));
    assert_eq!(reason(&ask.send(&on).await), "signature_wrong");
    let expired = Call { seconds: now() - 400, ..read() };
    assert_eq!(reason(&expired.old().send(&on).await), "signature_expired");
    assert_eq!(read().send(&on).await.status, 200, "the new form counts as ever");
}

#[tokio::test]
async fn the_document_says_where_a_signature_counts_and_how_it_is_made() {
    let document = Ask::get("/openapi.json").send(&world()).await.json();
    let told = document["components"]["securitySchemes"]["signature"]["description"].to_string();
    assert!(told.contains("usher-signature-1") && told.contains("X-Master-Flags"), "{told}");
    for (path, verb, counts) in [
        ("/v1/activity", "get", true),
        ("/v1/events", "post", true),
        ("/api/v1/role-bindings", "post", true),
        ("/communities/{community_id}/members", "post", true),
        ("/v1/me", "get", false),
        ("/v1/invites", "post", false),
    ] {
        let ways = document["paths"][path][verb]["security"].as_array().expect("security");
        assert_eq!(ways.contains(&json!({"signature": []})), counts, "{verb} {path}");
    }
}

fn call_of_body(body: &str) -> Call {
    Call { body: body.into(), ..call() }
}

#[tokio::test]
async fn whoever_is_refused_too_often_is_told_to_wait() {
    let world = of(Config { limit_read: 2, ..config() });
    for _ in 0..2 {
        let forged = Call { caller: "nobody", ..read() };
        assert_eq!(reason(&forged.send(&world).await), "signature_caller_unknown");
    }
    let answer = Call { caller: "nobody", ..read() }.send(&world).await;
    assert_eq!(answer.refusal(), refused(429, "rate_limited"));
}

#[tokio::test]
async fn whoever_sends_too_much_is_told_so_before_a_body_is_read() {
    let world = of(Config { limit_write: 1, ..config() });
    let forged = Call { key: "another-key-of-thirty-two-characters", ..call() };
    assert_eq!(reason(&forged.send(&world).await), "signature_wrong");
    let endless = Body::from_stream(stream::pending::<Result<Bytes, io::Error>>());
    let call = call();
    let waiting = call.ask(&call.signature()).body(endless);
    let answer = tokio::time::timeout(Duration::from_secs(20), waiting.send(&world)).await;
    assert_eq!(answer.expect("is not waited for").refusal(), refused(429, "rate_limited"));
}

#[tokio::test]
async fn an_accepted_call_is_counted_once() {
    let world = of(Config { limit_read: 2, limit_person_percent: 100, ..config() });
    for _ in 0..2 {
        assert_eq!(read().send(&world).await.status, 200);
    }
    assert_eq!(read().send(&world).await.refusal(), refused(429, "rate_limited"));
}
