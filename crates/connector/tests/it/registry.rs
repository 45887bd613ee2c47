//! Every connector has the same doors.

use connector::{CannotOpen, Connector, Light, Receipt, Secrecy};
use outbound::Kind;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::world::World;

#[test]
fn every_spec_is_whole() {
    let specs = connector::specs();
    for spec in specs {
        assert!(!spec.instruction.is_empty() && !spec.fields.is_empty(), "{}", spec.name);
        let schema = spec.schema();
        for field in spec.fields {
            let shown = &schema["properties"][field.name];
            assert!(!field.help.is_empty() && shown["title"] == field.title, "{shown}");
            assert_eq!(shown["writeOnly"] == true, field.secrecy == Secrecy::Secret, "{shown}");
        }
        assert_eq!(specs.iter().filter(|other| other.name == spec.name).count(), 1);
    }
}

#[tokio::test]
async fn a_connector_is_opened_by_name_checked_and_sampled() {
    let world = World::new().await;
    let token = world.sandbox.telegram.token().expose_secret().to_owned();
    let given = json!({"bot_token": token, "chat_id": "-77"});
    let telegram = connector::open("telegram", &given, &world.ground).expect("opens");
    let checked = telegram.check().await;
    assert_eq!(Light::after(&checked), Light::Green);
    assert!(checked.expect("holds").summary.contains("@usher_sandbox_bot"));
    let sample = telegram.sample(3).await.expect("found");
    assert_eq!((sample.len(), sample[0].title.as_str()), (1, "Sales"));
    assert!(telegram.sample(0).await.expect("found").is_empty());
}

#[tokio::test]
async fn settings_that_cannot_be_used_name_their_field() {
    let world = World::new().await;
    let fields = |name, given: serde_json::Value| match connector::open(name, &given, &world.ground)
        .map(|_| ())
    {
        Err(CannotOpen::Settings(violations)) => {
            violations.into_iter().map(|one| one.field).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(fields("telegram", json!({})), ["bot_token", "chat_id"]);
    assert_eq!(fields("telegram", json!({"bot_token": "x", "chat_id": "1"})), ["bot_token"]);
    assert_eq!(fields("legacy", json!({"url": "nowhere", "api_key": "k"})), ["url"]);
    let with_user = json!({"url": "http://u:p@b.example", "api_key": "k"});
    assert_eq!(fields("legacy", with_user), ["url"]);
    let unknown = connector::open("amiga", &json!({}), &world.ground).map(|_| ());
    assert_eq!(unknown, Err(CannotOpen::Unknown));
}

#[tokio::test]
async fn a_backend_of_somebodys_settings_is_not_called_inside() {
    let world = World::new().await;
    let given = json!({"url": world.sandbox.legacy.url(), "api_key": "k"});
    let legacy = connector::open("legacy", &given, &world.ground).expect("opens");
    let fault = legacy.check().await.expect_err("inside");
    assert!(matches!(fault.kind, Kind::AddressForbidden | Kind::AddressInvalid), "{fault}");
    assert!(world.sandbox.legacy.calls().is_empty());
}

#[tokio::test]
async fn a_receipt_is_kept_as_json() {
    let world = World::new().await;
    let telegram = world.telegram("42");
    let sent = telegram.send(telegram.chat(), "hello", 0).await.expect("sent");
    let receipt = sent.receipt().expect("one message");
    let kept = serde_json::to_value(&receipt).expect("JSON");
    let read: Receipt = serde_json::from_value(kept).expect("a receipt");
    let proof = telegram.verify(&read).await.expect("proven");
    assert_eq!(proof.evidence, connector::Evidence::Confirmed);
}
