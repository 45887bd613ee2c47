//! Each way in which an answer can be bad, seen from the client's end, and what the backend did all the same.

use std::{
    error::Error,
    io::{self, ErrorKind},
    time::{Duration, Instant},
};

use reqwest::{Response, redirect::Policy};
use sandbox::{
    Config, Sandbox,
    legacy::{Aim, Fault, Op, Outcome, Storm},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::world::{CLIENT, GET, PATIENCE, REGISTER, call, calm, refused};

/// One call of the operation that registers, to the head of the answer.
async fn post(sandbox: &Sandbox) -> Result<Response, reqwest::Error> {
    let key = sandbox.legacy.api_key().expose_secret();
    let request = CLIENT.post(format!("{}{REGISTER}", sandbox.legacy.url())).bearer_auth(key);
    request.body(r#"{"ssId":"s1"}"#).timeout(PATIENCE).send().await
}

async fn spoiled_by(fault: Fault) -> Sandbox {
    let sandbox = calm().await;
    sandbox.legacy.push_fault(Op::Register, fault);
    sandbox
}

/// The one call so far, and how many effects it had.
fn seen(sandbox: &Sandbox) -> (Outcome, usize) {
    let calls = sandbox.legacy.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    (calls[0].outcome, sandbox.legacy.effects().len())
}

/// Whether a reset is at the bottom of it.
fn is_reset(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<io::Error>();
        if io.is_some_and(|error| error.kind() == ErrorKind::ConnectionReset) {
            return true;
        }
        cause = error.source();
    }
    false
}

#[tokio::test]
async fn a_dripping_answer_is_whole_and_comes_a_byte_at_a_time() {
    let sandbox = spoiled_by(Fault::Drip { millis: 2 }).await;
    let begun = Instant::now();
    let mut response = post(&sandbox).await.unwrap();
    let (mut text, mut chunks) = (Vec::new(), 0);
    while let Some(chunk) = response.chunk().await.unwrap() {
        text.extend_from_slice(&chunk);
        chunks += 1;
    }
    let answer: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(answer["success"], true);
    assert!(chunks > 5, "in {chunks} pieces");
    assert!(begun.elapsed() >= Duration::from_millis(2) * u32::try_from(text.len()).unwrap());
    assert_eq!(seen(&sandbox), (Outcome::Answered { status: 200 }, 1));
}

#[tokio::test]
async fn a_garbage_answer_has_a_good_status_and_type_and_no_json() {
    let sandbox = spoiled_by(Fault::Garbage).await;
    let response = post(&sandbox).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert!(serde_json::from_slice::<Value>(&response.bytes().await.unwrap()).is_err());
    assert_eq!(seen(&sandbox), (Outcome::Lost { status: 200 }, 1));
}

#[tokio::test]
async fn an_answer_of_the_wrong_type_is_right_and_called_html() {
    let sandbox = spoiled_by(Fault::WrongType).await;
    let response = post(&sandbox).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(response.json::<Value>().await.unwrap()["success"], true);
    assert_eq!(seen(&sandbox), (Outcome::Answered { status: 200 }, 1));
}

#[tokio::test]
async fn an_endless_answer_goes_on_and_does_not_keep_the_stand_in_from_stopping() {
    let sandbox = spoiled_by(Fault::Endless).await;
    let mut response = post(&sandbox).await.unwrap();
    let mut read = 0;
    while read < 1 << 20 {
        read += response.chunk().await.unwrap().expect("it goes on").len();
    }
    assert_eq!(seen(&sandbox), (Outcome::Lost { status: 200 }, 1));
    tokio::time::timeout(PATIENCE, sandbox.stop()).await.expect("stops");
}

#[tokio::test]
async fn a_redirect_names_another_place_and_does_nothing() {
    let location = "http://169.254.169.254/latest/meta-data/";
    let sandbox = spoiled_by(Fault::Redirect { location: location.into() }).await;
    let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let key = sandbox.legacy.api_key().expose_secret();
    let url = format!("{}{REGISTER}", sandbox.legacy.url());
    let response = client.post(url).bearer_auth(key).body("{}").send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.headers()["location"].as_bytes()),
        (307, location.as_bytes())
    );
    assert_eq!(seen(&sandbox), (Outcome::Answered { status: 307 }, 0));
}

#[tokio::test]
async fn a_reset_before_the_effect_leaves_none_and_one_after_leaves_it() {
    for (fault, outcome, effects) in
        [(Fault::Reset, Outcome::Hung, 0), (Fault::ResetServed, Outcome::Lost { status: 200 }, 1)]
    {
        let sandbox = spoiled_by(fault.clone()).await;
        let failed = post(&sandbox).await.unwrap_err();
        assert!(is_reset(&failed), "{fault:?}: {failed:?}");
        assert_eq!(seen(&sandbox), (outcome, effects), "{fault:?}");
        assert_eq!(post(&sandbox).await.unwrap().status(), 200, "the next call is well");
    }
}

#[tokio::test]
async fn what_is_no_http_reaches_the_client_as_it_is() {
    let sandbox = spoiled_by(Fault::NoHttp).await;
    assert!(post(&sandbox).await.is_err());
    assert_eq!(seen(&sandbox), (Outcome::Lost { status: 200 }, 1));

    sandbox.legacy.push_fault(Op::Register, Fault::NoHttp);
    let key = sandbox.legacy.api_key().expose_secret();
    let address = sandbox.legacy.url();
    let address = address.strip_prefix("http://").unwrap();
    let mut raw = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST {REGISTER} HTTP/1.1\r\nHost: x\r\nX-Api-Key: {key}\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    raw.write_all(request.as_bytes()).await.unwrap();
    let mut told = Vec::new();
    raw.read_to_end(&mut told).await.ok();
    assert!(told.starts_with(b"\x16\x03\x01"), "{}", String::from_utf8_lossy(&told));
}

#[tokio::test]
async fn a_gateway_answers_with_a_page_and_nothing_is_done() {
    for status in [502, 503, 504] {
        let sandbox = spoiled_by(Fault::Gateway { status }).await;
        let response = post(&sandbox).await.unwrap();
        assert_eq!(response.status(), status);
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        assert_eq!(seen(&sandbox), (Outcome::Answered { status }, 0));
    }
}

#[tokio::test]
async fn a_storm_meets_the_calls_it_is_aimed_at_as_often_as_it_is_told() {
    let sandbox = calm().await;
    let aim = Aim { op: Some(Op::Register), spreadsheets: Some("acme_".into()) };
    let limited = Fault::RateLimited { retry_after: None };
    sandbox.legacy.begin_storm(Storm { aim, fault: limited, calls: Some(2) });
    let register = async |id: &str| call(&sandbox, REGISTER, json!({"ssId": id})).await.unwrap();
    assert_eq!(register("other_1").await.status, 200, "another tenant's");
    refused(&register("acme_1").await, 429, "rate limit exceeded");
    refused(&register("acme_2").await, 429, "rate limit exceeded");
    assert_eq!(register("acme_1").await.status, 200, "it is over");
    let failing = Storm { aim: Aim::default(), fault: Fault::ServerError, calls: None };
    sandbox.legacy.begin_storm(failing);
    for _ in 0..3 {
        assert_eq!(register("acme_1").await.status, 500);
        assert_eq!(call(&sandbox, GET, json!({"ssId": "other_1"})).await.unwrap().status, 500);
    }
    sandbox.legacy.end_storms();
    assert_eq!(register("acme_1").await.status, 200);
}

#[tokio::test]
async fn a_storm_is_read_from_the_configuration() {
    let storm: Storm = serde_json::from_value(json!({
        "aim": {"op": "register", "spreadsheets": "acme_"},
        "fault": {"kind": "gateway", "status": 502},
        "calls": 1,
    }))
    .unwrap();
    let mut config = Config::calm();
    config.legacy.storms.push(storm);
    let sandbox = sandbox::start(config).await.unwrap();
    let key = sandbox.legacy.api_key().expose_secret();
    let post = async |body: &'static str| {
        let request = CLIENT.post(format!("{}{REGISTER}", sandbox.legacy.url()));
        request.header("X-Api-Key", key).body(body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(post(r#"{"ssId": "other"}"#).await, 200);
    assert_eq!(post(r#"{"ssId": "acme_1"}"#).await, 502);
    assert_eq!(post(r#"{"ssId": "acme_1"}"#).await, 200);
}

#[tokio::test]
async fn a_call_is_recorded_with_its_key_repeat_and_trace_and_no_secret() {
    let sandbox = calm().await;
    let key = sandbox.legacy.api_key().expose_secret();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = CLIENT.post(format!("{}{REGISTER}", sandbox.legacy.url()));
    let request = request.header("X-Api-Key", key).header("Idempotency-Key", "run-1/register");
    request.header("traceparent", trace).body(r#"{"ssId":"s1"}"#).send().await.unwrap();
    let call = sandbox.legacy.calls()[0].clone();
    assert_eq!(call.key.as_deref(), Some("api_key"));
    assert_eq!(call.idempotency_key.as_deref(), Some("run-1/register"));
    assert_eq!(call.traceparent.as_deref(), Some(trace));
    assert!(!format!("{call:?}").contains(key));
}
