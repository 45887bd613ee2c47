//! What goes wrong between us and the backend, at every step.

use std::time::Duration;

use sandbox::legacy::{Fault, Op};

use crate::world::{World, legacy_within, request};

/// The calls of the four steps.
const STEPS: [(&str, Op); 4] = [
    ("register", Op::Register),
    ("add", Op::TokensAdd),
    ("get", Op::TokenGet),
    ("update", Op::DatasetsUpdate),
];

#[tokio::test]
async fn every_passing_fault_at_every_step_is_survived_with_each_effect_once() {
    let faults = [
        ("limited", Fault::RateLimited { retry_after: None }),
        ("hinted", Fault::RateLimited { retry_after: Some(1) }),
        ("failing", Fault::ServerError),
        ("hanging", Fault::Hang { millis: 30_000 }),
        ("slow", Fault::Slow { millis: 50 }),
        ("late", Fault::Slow { millis: 4_000 }),
        ("lost", Fault::LostAnswer),
        ("cut", Fault::CutAnswer),
        ("unavailable", Fault::Refused { status: 503, message: "deploying".into() }),
    ];
    // Between a call that a busy machine makes slow and one that is late.
    let patience = Duration::from_secs(3);
    let world = World::tuned(|app, sandbox| app.legacy = legacy_within(sandbox, patience)).await;
    let mut clients = Vec::new();
    for (step, op) in STEPS {
        for (kind, fault) in &faults {
            let name = format!("{step}_{kind}");
            let sheet = format!("sheet_{name}");
            for _ in 0..2 {
                world.sandbox.legacy.push_fault_for(&sheet, op, fault.clone());
            }
            clients.push(world.begin(request(&name)).await);
        }
    }
    for client in clients {
        let status = world.until(&client.client_id, "active").await;
        let sheet = &client.spreadsheet_id;
        assert_eq!(world.effects(sheet), ["Registered", "TokenStored"], "{sheet}");
        let told = world.told("provisioning.client.advanced", &client.client_id).await;
        assert_eq!(told.len(), 5, "{sheet}");
        let expected = if sheet.ends_with("_slow") { 4 } else { 6 };
        assert_eq!(status.client.expect("a client").attempts, expected, "{sheet}");
    }
    world.end().await;
}

#[tokio::test]
async fn the_pause_that_the_backend_asks_for_is_kept() {
    let world = World::new().await;
    let fault = Fault::RateLimited { retry_after: Some(2) };
    world.sandbox.legacy.push_fault(Op::Register, fault);
    let client = world.begin(request("ann")).await;
    world.until(&client.client_id, "active").await;
    let calls = world.sandbox.legacy.calls();
    let times: Vec<_> =
        calls.iter().filter(|call| call.op == Op::Register).map(|call| call.at).collect();
    let [first, second] = times.as_slice() else { panic!("two calls, not {times:?}") };
    let pause = Duration::try_from(second.duration_since(*first)).expect("forward");
    assert!(pause >= Duration::from_millis(1_990), "{pause:?}");
    world.end().await;
}

#[tokio::test]
async fn a_failed_attempt_shows_its_reason_and_the_time_of_the_next() {
    let world = World::new().await;
    let fault = Fault::RateLimited { retry_after: Some(3_600) };
    world.sandbox.legacy.push_fault(Op::TokensAdd, fault);
    let client = world.begin(request("ann")).await;
    let step = testkit::found("a step that waits", async || {
        let status = world.status(&client.client_id).await.expect("a client");
        status.steps.into_iter().find(|step| step.state == "waiting")
    })
    .await;
    assert_eq!((step.name.as_str(), step.reason.as_str()), ("add_token", "legacy_rate_limited"));
    assert!(step.message.contains("429"), "{}", step.message);
    assert!(step.next_attempt_at.is_some() && step.attempts == 1);
    world.end().await;
}

#[tokio::test]
async fn an_answer_that_is_none_of_the_backends_fails_after_a_few_tries() {
    let world = World::new().await;
    world.sandbox.legacy.begin_outage(Fault::Refused { status: 302, message: "moved".into() });
    let client = world.begin(request("ann")).await;
    let status = world.until(&client.client_id, "failed").await;
    let failed = status.client.expect("a client");
    assert_eq!(failed.reason_code, "legacy_malformed");
    assert_eq!(failed.attempts, 3);
    world.end().await;
}
