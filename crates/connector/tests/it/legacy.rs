//! The legacy backend, operation by operation and fault by fault.

use std::time::Duration;

use connector::{
    Class, Connector, Effect, Evidence, Kind,
    legacy::{KeyHeader, Keys},
};
use sandbox::legacy::{Bearer, Fault, Op, Role};
use secrecy::SecretString;
use serde_json::json;

use crate::world::World;

/// A token that names the seller `seller-7`, base64url of `{"sid":"seller-7"}` in the middle.
const TOKEN: &str = "e30.eyJzaWQiOiJzZWxsZXItNyJ9.c2ln";

const SID: &str = "seller-7";

fn token() -> SecretString {
    TOKEN.into()
}

#[tokio::test]
async fn a_workspace_is_set_up_verified_and_filled() {
    let world = World::new().await;
    let legacy = world.legacy(world.key());
    legacy.register("r1", "sheet", "ann@example.com").await.expect("registered");
    let receipt = legacy.add_token("r2", "sheet", &token(), SID).await.expect("added");
    legacy.verify_token("r3", "sheet", SID).await.expect("listed");
    legacy.update("r4", "sheet").await.expect("accepted");
    let proof = legacy.verify(&receipt).await.expect("proven");
    assert_eq!(proof.evidence, Evidence::ReadBack);
    let tokens = legacy.tokens("r5", "sheet").await.expect("listed");
    assert_eq!((tokens[0].sid.as_str(), tokens[0].is_active), (SID, true));
    assert!(TOKEN.ends_with(&tokens[0].suffix));
    let rows = [json!({"a": 1}), json!({"a": 2})];
    assert_eq!(legacy.upload("r6", "sheet", "orders", &rows).await.expect("stored"), 2);
    assert_eq!(legacy.rows("r7", "sheet", "orders").await.expect("rows"), rows);
    legacy.check().await.expect("the key holds");
}

#[tokio::test]
async fn a_token_that_was_switched_off_is_no_mapping() {
    let world = World::new().await;
    let legacy = world.legacy(world.key());
    legacy.register("r1", "sheet", "ann@example.com").await.expect("registered");
    let receipt = legacy.add_token("r2", "sheet", &token(), SID).await.expect("added");
    world.sandbox.legacy.deactivate_tokens("sheet");
    for fault in [
        legacy.verify_token("r3", "sheet", SID).await.expect_err("not listed"),
        legacy.verify(&receipt).await.map(|_| ()).expect_err("not listed"),
    ] {
        assert_eq!((fault.reason.as_ref(), fault.class), ("wb_token_not_listed", Class::Config));
    }
}

#[tokio::test]
async fn each_realm_is_opened_by_its_own_key() {
    let bearer = |token: &str, role| Bearer { token: token.into(), role, spreadsheets: None };
    let legacy = sandbox::legacy::Config {
        bearers: vec![bearer("admin-key", Role::Operator), bearer("data-key", Role::Client)],
        ..sandbox::legacy::Config::calm()
    };
    let world = World::of(sandbox::Config { legacy, ..sandbox::Config::calm() }).await;
    let keys = |admin: &str, data: &str| Keys {
        any: "no-key".into(),
        admin: Some(admin.into()),
        data: Some(data.into()),
        header: KeyHeader::Bearer,
    };
    let good = world.legacy(keys("admin-key", "data-key"));
    good.check().await.expect("both hold");
    good.register("r1", "sheet", "ann@example.com").await.expect("registered");
    good.add_token("r2", "sheet", &token(), SID).await.expect("added");
    good.verify_token("r3", "sheet", SID).await.expect("a client's key sees sellers too");
    good.update("r4", "sheet").await.expect("accepted");
    let swapped = world.legacy(keys("data-key", "admin-key"));
    let fault = swapped.register("r5", "sheet", "ann@example.com").await.expect_err("forbidden");
    assert_eq!(fault.kind, Kind::Forbidden);
    let fault = world.legacy(keys("admin-key", "wrong")).check().await.expect_err("no data");
    assert!(fault.kind == Kind::KeyRefused && fault.operator.contains("USHER_LEGACY_DATA_KEY"));
    let fault = world.legacy(keys("wrong", "data-key")).check().await.expect_err("no admin");
    assert!(fault.operator.contains("USHER_LEGACY_ADMIN_KEY"), "{fault}");
    let bare = Keys { header: KeyHeader::XApiKey, ..keys("admin-key", "data-key") };
    let fault = world.legacy(bare).check().await.expect_err("bearers only");
    assert_eq!(fault.kind, Kind::KeyRefused);
}

#[tokio::test]
async fn each_fault_says_whether_it_may_have_acted() {
    let world = World::new().await;
    let setup_world = world.legacy(world.key());
    let limited = |retry_after| Fault::RateLimited { retry_after };
    let refused = |status| Fault::Refused { status, message: "no".into() };
    for (fault, reason, class, effect, pause) in [
        (limited(None), "legacy_rate_limited", Class::Transient, Effect::None, None),
        (limited(Some(7)), "legacy_rate_limited", Class::Transient, Effect::None, Some(7)),
        (Fault::ServerError, "legacy_failed", Class::Transient, Effect::Unknown, None),
        (Fault::LostAnswer, "legacy_connection_lost", Class::Transient, Effect::Unknown, None),
        (Fault::CutAnswer, "legacy_connection_lost", Class::Transient, Effect::Unknown, None),
        (refused(400), "legacy_rejected", Class::Config, Effect::None, None),
        (refused(302), "legacy_malformed", Class::System, Effect::Unknown, None),
        (refused(503), "legacy_failed", Class::Transient, Effect::Unknown, None),
    ] {
        world.sandbox.legacy.push_fault(Op::Register, fault.clone());
        let told = setup_world.register("r1", "sheet", "ann@example.com").await;
        let told = told.expect_err("a fault");
        assert_eq!((told.reason.as_ref(), told.class, told.effect), (reason, class, effect));
        assert_eq!(told.retry_after, pause.map(Duration::from_secs), "{fault:?}");
    }
    setup_world.register("r1", "sheet", "ann@example.com").await.expect("an upsert");
    assert_eq!(world.sandbox.legacy.effects().len(), 1, "the lost answers acted once");
}

#[tokio::test]
async fn the_backends_words_repeat_neither_key_nor_token() {
    let world = World::new().await;
    let keys = Keys { data: Some("canary-data".into()), ..world.key() };
    let legacy = world.legacy(keys);
    let message = format!("bad {TOKEN} for canary-data and legacy-sandbox-key");
    for status in [400, 403, 500] {
        let fault = Fault::Refused { status, message: message.clone() };
        world.sandbox.legacy.push_fault(Op::TokensAdd, fault);
        let told = legacy.add_token("r", "sheet", &token(), SID).await.expect_err("refused");
        let shown = format!("{told:?} {told} {} {legacy:?}", told.user);
        assert!(shown.contains("bad *** for *** and ***"), "{shown}");
        for secret in [TOKEN, "canary-data", "legacy-sandbox-key"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_token_of_another_seller_is_found_out_at_once() {
    let world = World::new().await;
    let legacy = world.legacy(world.key());
    let fault = legacy.add_token("r", "sheet", &token(), "seller-8").await.expect_err("another");
    assert_eq!((fault.reason.as_ref(), fault.class), ("legacy_malformed", Class::System));
}
