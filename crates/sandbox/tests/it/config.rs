//! The configuration reads from files, refuses what it does not know, and prints no key.

use sandbox::{
    Config, Latency,
    legacy::{Fault, Op, Role},
    mail,
};
use serde_json::json;

#[test]
fn every_part_reads_and_the_rest_is_default() {
    let config: Config = serde_json::from_value(json!({
        "legacy": {
            "api_key": "canary-key",
            "bearers": [{"token": "canary-bearer", "role": "client"}],
            "mix": {"seed": 1, "hang": 0.5},
            "scripts": [{
                "op": "tokens_add",
                "faults": [{"kind": "rate_limited", "retry_after": 2}, {"kind": "lost_answer"}],
            }],
        },
        "mail": {"refuse_first": 3},
    }))
    .unwrap();
    assert_eq!(config.legacy.latency, Latency::MILD);
    assert_eq!(config.legacy.mix.server_error, 0.0);
    assert_eq!(config.legacy.bearers[0].role, Role::Client);
    let script = &config.legacy.scripts[0];
    assert_eq!(script.op, Op::TokensAdd);
    let limited = Fault::RateLimited { retry_after: Some(2) };
    assert_eq!(script.faults, [limited, Fault::LostAnswer]);
    assert_eq!(config.mail.refuse_first, 3);
    assert_eq!(config.mail.max_bytes, mail::Config::default().max_bytes);
    assert!(!format!("{config:?}").contains("canary"));
}

#[test]
fn unknown_keys_are_refused() {
    for unknown in [
        json!({"other": 1}),
        json!({"legacy": {"other": 1}}),
        json!({"legacy": {"mix": {"other": 1}}}),
        json!({"mail": {"mix": {"other": 1}}}),
    ] {
        assert!(serde_json::from_value::<Config>(unknown).is_err());
    }
}

#[test]
fn one_in_ten_fails_by_default_and_none_when_calm() {
    let faults = |config: &Config| {
        let (legacy, mail) = (config.legacy.mix, config.mail.mix);
        let legacy = legacy.rate_limited_with_hint
            + legacy.rate_limited
            + legacy.server_error
            + legacy.hang
            + legacy.lost_answer
            + legacy.cut_answer;
        let mail = mail.try_later
            + mail.dropped_unkept
            + mail.dropped_before_reply
            + mail.dropped_after_reply;
        ((legacy * 1000.0).round(), (mail * 1000.0).round())
    };
    assert_eq!(faults(&Config::default()), (100.0, 100.0));
    assert_eq!(faults(&Config::calm()), (0.0, 0.0));
}
