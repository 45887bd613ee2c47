//! Every fault of the legacy backend, by script, by outage and by chance.

use std::time::{Duration, Instant};

use sandbox::{
    Config, Latency, Sandbox,
    legacy::{Effect, EffectKind, Fault, Mix, Op, Outcome, Script},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::world::{CLIENT, GET, PATIENCE, REGISTER, call, calm, refused};

async fn with(legacy: sandbox::legacy::Config) -> Sandbox {
    sandbox::start(Config { legacy, ..Config::calm() }).await.unwrap()
}

fn body() -> Value {
    json!({"spreadsheet_id": "s1"})
}

#[tokio::test]
async fn refusals_come_in_the_order_they_were_scripted_and_do_nothing() {
    let sandbox = calm().await;
    let message = "spreadsheet is inactive".to_owned();
    for fault in [
        Fault::RateLimited { retry_after: Some(2) },
        Fault::RateLimited { retry_after: None },
        Fault::ServerError,
        Fault::Refused { status: 403, message },
    ] {
        sandbox.legacy.push_fault(Op::Register, fault);
    }
    let answer = call(&sandbox, REGISTER, body()).await.unwrap();
    refused(&answer, 429, "rate limit exceeded");
    assert_eq!(answer.headers["retry-after"], "2");
    let answer = call(&sandbox, REGISTER, body()).await.unwrap();
    refused(&answer, 429, "rate limit exceeded");
    assert!(!answer.headers.contains_key("retry-after"));
    refused(&call(&sandbox, REGISTER, body()).await.unwrap(), 500, "internal server error");
    refused(&call(&sandbox, REGISTER, body()).await.unwrap(), 403, "spreadsheet is inactive");
    assert!(sandbox.legacy.effects().is_empty());

    assert_eq!(call(&sandbox, REGISTER, body()).await.unwrap().status, 200);
    let calls = sandbox.legacy.calls();
    assert_eq!(calls[2].fault, Some(Fault::ServerError));
    assert_eq!(calls[2].outcome, Outcome::Answered { status: 500 });
    assert_eq!(calls[4].fault, None);
    assert_eq!(sandbox.legacy.effects().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_leaves_its_effect_and_breaks_the_connection() {
    let sandbox = calm().await;
    for fault in [Fault::LostAnswer, Fault::CutAnswer] {
        sandbox.legacy.push_fault(Op::Register, fault);
    }
    for _ in 0..2 {
        assert!(call(&sandbox, REGISTER, body()).await.is_err());
    }
    assert_eq!(sandbox.legacy.calls()[0].outcome, Outcome::Lost { status: 200 });
    assert_eq!(sandbox.legacy.calls()[1].outcome, Outcome::Lost { status: 200 });
    assert_eq!(call(&sandbox, REGISTER, body()).await.unwrap().status, 200);
    assert_eq!(sandbox.legacy.effects().len(), 1);
}

#[tokio::test]
async fn a_client_with_a_kept_connection_sees_the_loss_once() {
    let sandbox = calm().await;
    let client = reqwest::Client::new();
    let key = sandbox.legacy.api_key().expose_secret();
    let url = format!("{}{REGISTER}", sandbox.legacy.url());
    let post = || client.post(&url).bearer_auth(key).body(body().to_string()).send();
    post().await.unwrap().bytes().await.unwrap();
    sandbox.legacy.push_fault(Op::Register, Fault::LostAnswer);
    assert!(post().await.is_err());
    assert_eq!(sandbox.legacy.calls().len(), 2, "the client did not repeat by itself");
    assert!(post().await.unwrap().status().is_success());
}

#[tokio::test]
async fn a_cut_answer_shows_its_status_but_not_its_body() {
    let sandbox = calm().await;
    sandbox.legacy.push_fault(Op::Register, Fault::CutAnswer);
    let request = CLIENT.post(format!("{}{REGISTER}", sandbox.legacy.url()));
    let key = sandbox.legacy.api_key().expose_secret();
    let response = request.bearer_auth(key).body(body().to_string()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn a_hanging_call_does_nothing_and_never_answers() {
    let sandbox = calm().await;
    sandbox.legacy.push_fault(Op::Register, Fault::Hang { millis: 50 });
    let begun = Instant::now();
    assert!(call(&sandbox, REGISTER, body()).await.is_err());
    assert!(begun.elapsed() >= Duration::from_millis(50));
    assert_eq!(sandbox.legacy.calls()[0].outcome, Outcome::Hung);
    assert!(sandbox.legacy.effects().is_empty());
}

#[tokio::test]
async fn a_slow_call_takes_effect_although_its_caller_gave_up() {
    let sandbox = calm().await;
    sandbox.legacy.push_fault(Op::Register, Fault::Slow { millis: 3_000 });
    // Long enough for the call to arrive on a busy machine.
    let patience = Duration::from_millis(1_500);
    assert!(tokio::time::timeout(patience, call(&sandbox, REGISTER, body())).await.is_err());
    let registered = |effect: &Effect| matches!(effect.kind, EffectKind::Registered { .. });
    assert!(sandbox.legacy.wait_for_effect(registered, PATIENCE).await.is_some());
}

#[tokio::test]
async fn a_fault_for_one_spreadsheet_spares_the_others() {
    let sandbox = calm().await;
    sandbox.legacy.push_fault_for("s1", Op::Register, Fault::ServerError);
    let other = call(&sandbox, REGISTER, json!({"ssId": "s2"})).await.unwrap();
    assert_eq!(other.status, 200);
    assert_eq!(call(&sandbox, REGISTER, json!({"ssId": "s1"})).await.unwrap().status, 500);
    assert_eq!(call(&sandbox, REGISTER, json!({"ssId": "s1"})).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_outage_meets_every_operation_until_it_ends() {
    let sandbox = calm().await;
    sandbox.legacy.begin_outage(Fault::ServerError);
    for path in [REGISTER, GET, REGISTER] {
        assert_eq!(call(&sandbox, path, body()).await.unwrap().status, 500);
    }
    sandbox.legacy.end_outage();
    assert_eq!(call(&sandbox, REGISTER, body()).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_random_mix_repeats_with_its_seed_and_keeps_its_share() {
    let mix = Mix {
        seed: 42,
        rate_limited_with_hint: 0.2,
        rate_limited: 0.1,
        server_error: 0.2,
        retry_after: 3,
        ..Mix::default()
    };
    let mut runs = Vec::new();
    for _ in 0..2 {
        let sandbox =
            with(sandbox::legacy::Config { mix, ..sandbox::legacy::Config::calm() }).await;
        for _ in 0..200 {
            call(&sandbox, REGISTER, body()).await.unwrap();
        }
        let calls = sandbox.legacy.calls();
        runs.push(calls.iter().map(|call| call.fault.clone()).collect::<Vec<_>>());
    }
    assert_eq!(runs[0], runs[1]);
    let share = |fault: Fault| runs[0].iter().filter(|f| **f == Some(fault.clone())).count();
    assert!((20..=60).contains(&share(Fault::RateLimited { retry_after: Some(3) })));
    assert!((8..=35).contains(&share(Fault::RateLimited { retry_after: None })));
    assert!((20..=60).contains(&share(Fault::ServerError)));
    assert!(runs[0].iter().any(Option::is_none));
}

#[tokio::test]
async fn latency_is_at_least_the_configured_one() {
    let latency = Latency { min_ms: 60, max_ms: 70 };
    let sandbox =
        with(sandbox::legacy::Config { latency, ..sandbox::legacy::Config::calm() }).await;
    let begun = Instant::now();
    call(&sandbox, REGISTER, body()).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn configured_scripts_go_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let scripts = vec![Script {
        op: Op::Register,
        spreadsheet_id: Some("s1".into()),
        faults: vec![Fault::ServerError, Fault::RateLimited { retry_after: None }],
    }];
    let legacy = sandbox::legacy::Config { scripts, ..sandbox::legacy::Config::calm() };
    let data_dir = Some(folder.path().to_owned());
    let config = Config { data_dir, legacy, ..Config::calm() };
    for status in [500, 429, 200] {
        let sandbox = sandbox::start(config.clone()).await.unwrap();
        assert_eq!(call(&sandbox, REGISTER, body()).await.unwrap().status, status);
    }
}

#[tokio::test]
async fn probabilities_out_of_range_are_refused_at_start() {
    for mix in [
        Mix { server_error: 1.5, ..Mix::default() },
        Mix { hang: -0.1, ..Mix::default() },
        Mix { hang: 0.6, server_error: 0.6, ..Mix::default() },
        Mix { lost_answer: f64::NAN, ..Mix::default() },
    ] {
        let legacy = sandbox::legacy::Config { mix, ..sandbox::legacy::Config::calm() };
        let refused = sandbox::start(Config { legacy, ..Config::calm() }).await;
        let text = format!("{:#}", refused.err().expect("a bad mix is refused"));
        assert!(text.contains("legacy.mix"), "{text}");
    }
}
