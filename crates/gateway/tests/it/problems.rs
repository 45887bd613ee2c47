//! Failures: every one a problem, none that tells what is inside.

use http::StatusCode;
use kernel::{Code, Failure, FieldViolation};
use serde_json::json;

use crate::world::{Ask, World, refused};

#[derive(Debug, thiserror::Error)]
#[error("the sentence")]
struct Fails(Code);

impl Failure for Fails {
    fn code(&self) -> Code {
        self.0
    }

    fn reason(&self) -> &'static str {
        "some_reason"
    }

    fn fields(&self) -> Vec<FieldViolation> {
        match self.0 {
            Code::Invalid => vec![FieldViolation::new("expires_in_hours", "is too long")],
            _ => Vec::new(),
        }
    }
}

#[tokio::test]
async fn every_code_of_a_service_becomes_its_problem() {
    let world = World::new();
    for (code, status) in [
        (Code::Invalid, 400),
        (Code::Unauthenticated, 401),
        (Code::Denied, 403),
        (Code::NotFound, 404),
        (Code::Conflict, 409),
        (Code::Gone, 410),
        (Code::Exhausted, 429),
        (Code::Unavailable, 503),
        (Code::Timeout, 504),
        (Code::Internal, 500),
    ] {
        *world.state.fail_with.lock().expect("failure") = Some(wire::refuse(Fails(code)));
        let ask = Ask::post("/v1/invites", &json!({})).host("acme.localhost").ann();
        let answer = ask.send(&world).await;
        assert_eq!(answer.refusal(), refused(status, "some_reason"), "{code:?}");
        assert_eq!(
            answer.headers.contains_key("retry-after"),
            code == Code::Unavailable,
            "{code:?}"
        );
        if code == Code::Invalid {
            assert_eq!(answer.json()["errors"][0]["pointer"], "#/expiresInHours");
        }
    }
}

#[tokio::test]
async fn what_a_service_did_not_write_for_callers_is_not_told() {
    let world = World::new();
    for code in [tonic::Code::Internal, tonic::Code::Unknown, tonic::Code::DataLoss] {
        let status = tonic::Status::new(code, "relation \"users\" at 10.0.0.3");
        *world.state.fail_with.lock().expect("failure") = Some(status);
        let answer = Ask::get("/v1/me").ann().send(&world).await;
        assert_eq!(answer.refusal(), refused(500, "internal"));
        assert!(!answer.text.contains("10.0.0.3"));
    }
}

#[tokio::test]
async fn a_service_that_is_away_is_503_with_retry_after() {
    let world = World::new();
    let onboarding = Ask::get("/v1/onboarding/funnel").host("acme.localhost").ann();
    let answer = onboarding.send(&world).await;
    assert_eq!(answer.refusal(), refused(503, "peer_unavailable"));
    assert_eq!(answer.header("retry-after"), "1");
    world.peers.there("user", "http://127.0.0.1:1").expect("address");
    let answer = Ask::get("/v1/me").ann().send(&world).await;
    assert_eq!(answer.refusal(), refused(503, "unavailable"));
    assert!(!answer.text.contains("127.0.0.1"));
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems_too() {
    let world = World::new();
    for path in ["/v1/nothing", "/", "/v1/invites/", "//v1/me", "/t/acme/t/acme/v1/me"] {
        assert_eq!(
            Ask::get(path).send(&world).await.refusal(),
            refused(404, "unknown_route"),
            "{path}"
        );
    }
    let answer = Ask::new("PUT", "/v1/invites").send(&world).await;
    assert_eq!(answer.refusal(), refused(405, "method_not_allowed"));
    let allow: Vec<_> = answer.header("allow").split(',').map(str::to_owned).collect();
    assert!(allow.contains(&"GET".into()) && allow.contains(&"POST".into()), "{allow:?}");
    for verb in ["TRACE", "BREW"] {
        assert_eq!(Ask::new(verb, "/v1/me").send(&world).await.status, 405, "{verb}");
    }
}

#[tokio::test]
async fn a_path_that_is_no_text_is_refused() {
    let world = World::new();
    let answer = Ask::get("/v1/invitations/%ff").send(&world).await;
    assert_eq!(answer.refusal(), refused(400, "bad_request"));
}

#[tokio::test]
async fn a_panic_is_500_and_does_not_tell_why() {
    let world = World::new();
    let ask = Ask::post("/v1/users", &json!({})).token("root-token");
    let answer = ask.send(&world).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    answer.refusal();
    assert!(!answer.text.contains("fake"));
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let world = World::new();
    for path in ["/v1/me", "/nothing", "/openapi.json", "/livez"] {
        let answer = Ask::get(path).send(&world).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn health_is_told_at_the_public_door_and_metrics_are_not() {
    let world = World::new();
    for (path, status) in [("/livez", 200), ("/readyz", 200), ("/metrics", 404)] {
        assert_eq!(Ask::get(path).send(&world).await.status, status, "{path}");
    }
    world.host.stop();
    let answer = Ask::get("/readyz").send(&world).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["ready"], false);
}
