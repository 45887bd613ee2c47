//! The proof before marked operations, at the door.

use serde_json::json;
use tonic_types::{ErrorDetails, StatusExt};

use crate::world::{Ask, World, refused};

const PATH: &str = "/v1/password-resets";

fn refuse(world: &World, code: tonic::Code, reason: &str) {
    let mut details = ErrorDetails::new();
    details.set_error_info(reason, wire::DOMAIN, std::collections::HashMap::new());
    let status = tonic::Status::with_error_details(code, "It does not count.", details);
    *world.state.refuses_proofs.lock().expect("refusal") = Some(status);
}

fn ask() -> Ask {
    Ask::post(PATH, &json!({"email": "ann@example.com"}))
}

#[tokio::test]
async fn a_marked_operation_is_called_after_its_proof_and_no_other_asks_for_one() {
    let world = World::new();
    assert_eq!(ask().send(&world).await.status, 200, "nothing is asked for");
    refuse(&world, tonic::Code::PermissionDenied, "captcha_required");
    let without = ask().send(&world).await;
    assert_eq!(without.refusal(), refused(403, "captcha_required"));
    assert_eq!(world.state.seen.lock().expect("seen").len(), 1, "the call was not made");
    let with = ask().header("captcha-response", "good").send(&world).await;
    assert_eq!(with.status, 200);
    let proofs = world.state.proofs.lock().expect("proofs").clone();
    let operation = "auth.Letters.AskPasswordReset".to_owned();
    assert_eq!(proofs.last(), Some(&(operation, "good".to_owned())));
    let plain = Ask::post("/v1/sessions", &json!({"email": "a@b.example", "password": "x"}));
    assert_eq!(plain.send(&world).await.status, 200, "not marked");
    assert_eq!(world.state.proofs.lock().expect("proofs").len(), proofs.len());
}

#[tokio::test]
async fn what_is_no_proof_is_refused_at_the_door_and_a_bad_body_uses_none_up() {
    let world = World::new();
    let long = ask().header("captcha-response", &"x".repeat(4_097));
    assert_eq!(long.send(&world).await.refusal(), refused(403, "captcha_refused"));
    let twice = ask().header("captcha-response", "good").header("captcha-response", "good");
    assert_eq!(twice.send(&world).await.refusal(), refused(403, "captcha_refused"));
    let bad = Ask::post(PATH, &json!({"nothing": 1})).header("captcha-response", "good");
    assert_eq!(bad.send(&world).await.refusal(), refused(400, "invalid_argument"));
    assert!(world.state.proofs.lock().expect("proofs").is_empty());
}

#[tokio::test]
async fn while_proofs_cannot_be_checked_nobody_passes() {
    let world = World::new();
    for code in [tonic::Code::Unavailable, tonic::Code::Internal, tonic::Code::Unimplemented] {
        refuse(&world, code, "away");
        let answer = ask().header("captcha-response", "other").send(&world).await;
        assert_eq!(answer.refusal(), refused(503, "captcha_unavailable"), "{code:?}");
        assert_eq!(answer.header("retry-after"), "1");
    }
    assert!(world.state.seen.lock().expect("seen").is_empty());
}

#[tokio::test]
async fn the_document_says_which_operations_take_a_proof() {
    let world = World::new();
    let document = Ask::get("/openapi.json").send(&world).await.json();
    let operation = &document["paths"][PATH]["post"];
    assert_eq!(operation["x-usher-rule"]["captcha"], true);
    let parameters = operation["parameters"].as_array().expect("parameters");
    let header = json!({"$ref": "#/components/parameters/CaptchaResponse"});
    assert!(parameters.contains(&header), "{parameters:?}");
    assert!(operation["responses"]["403"].is_object());
    assert_eq!(document["paths"]["/v1/sessions"]["post"]["x-usher-rule"]["captcha"], false);
}
