//! The outside world does not forget when the process is killed.

use std::{io::Write, os::unix::fs::PermissionsExt};

use sandbox::legacy::{Fault, Op};
use serde_json::json;

use crate::world::{ADD, GET, REGISTER, Smtp, call, calm_in, token};

#[tokio::test]
async fn everything_is_remembered_after_a_drop() {
    let folder = tempfile::tempdir().unwrap();
    let first = calm_in(folder.path()).await;
    let whole = token("seller", "tail-secret");
    let body = json!({"ssId": "s1", "token": whole, "owner_email": "a@example.com"});
    first.legacy.push_fault(Op::TokensAdd, Fault::LostAnswer);
    assert!(call(&first, ADD, body.clone()).await.is_err());
    call(&first, REGISTER, json!({"ssId": "s2"})).await.unwrap();
    first.legacy.deactivate("s2");
    let mut smtp = Smtp::hello(&first).await;
    assert_eq!(smtp.mail("a@x", b"Subject: s\r\n\r\n\xff\x00").await, "250 kept\r\n");
    let before = (
        first.legacy.calls(),
        first.legacy.effects(),
        first.legacy.spreadsheets(),
        first.mail.messages(),
        first.mail.attempts(),
        first.legacy.url(),
        first.mail.smtp_addr(),
    );
    drop(first);

    let second = calm_in(folder.path()).await;
    let after = (
        second.legacy.calls(),
        second.legacy.effects(),
        second.legacy.spreadsheets(),
        second.mail.messages(),
        second.mail.attempts(),
    );
    assert_eq!(
        (&after.0, &after.1, &after.2, &after.3, &after.4),
        (&before.0, &before.1, &before.2, &before.3, &before.4),
    );
    let answer = call(&second, GET, json!({"ssId": "s1"})).await.unwrap();
    assert_eq!(answer.json["result"][0]["token"], whole);
    call(&second, ADD, body).await.unwrap();
    assert_eq!(second.legacy.effects().len(), before.1.len(), "a repeat has no effect");
    assert_eq!(second.legacy.calls().last().unwrap().number, 3, "the numbers go on");
}

#[tokio::test]
async fn the_ports_are_kept_across_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let first = calm_in(folder.path()).await;
    let ports = (first.legacy.url(), first.mail.smtp_addr());
    first.stop().await;
    let second = calm_in(folder.path()).await;
    assert_eq!((second.legacy.url(), second.mail.smtp_addr()), ports);
}

#[tokio::test]
async fn a_port_that_was_taken_since_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    std::fs::write(folder.path().join("legacy.port"), port.to_string()).unwrap();
    let sandbox = calm_in(folder.path()).await;
    assert!(!sandbox.legacy.url().ends_with(&port.to_string()));
    assert_eq!(call(&sandbox, REGISTER, json!({"ssId": "s1"})).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_torn_last_line_is_cut_off_and_a_broken_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let first = calm_in(folder.path()).await;
    call(&first, REGISTER, json!({"ssId": "s1"})).await.unwrap();
    first.stop().await;
    let path = folder.path().join("legacy.jsonl");
    let append = |bytes: &[u8]| {
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(bytes).unwrap();
    };
    append(br#"{"at":"2026-0"#);
    let second = calm_in(folder.path()).await;
    assert_eq!(second.legacy.effects().len(), 1);
    call(&second, REGISTER, json!({"ssId": "s2"})).await.unwrap();
    second.stop().await;
    let third = calm_in(folder.path()).await;
    assert_eq!(third.legacy.effects().len(), 2);
    third.stop().await;

    append(b"{\"secret\": 1}\n");
    let config =
        sandbox::Config { data_dir: Some(folder.path().to_owned()), ..sandbox::Config::calm() };
    let text = format!("{:#}", sandbox::start(config).await.err().expect("refused"));
    assert!(text.contains("legacy.jsonl line 3") && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn the_journals_are_readable_by_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let _sandbox = calm_in(folder.path()).await;
    for name in ["legacy.jsonl", "mail.jsonl"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_stopped_backend_changes_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = calm_in(folder.path()).await;
    let legacy = sandbox.legacy.clone();
    sandbox.stop().await;
    legacy.deactivate("s1");
    assert_eq!(std::fs::read(folder.path().join("legacy.jsonl")).unwrap(), b"");
    assert!(reqwest::get(format!("{}/health", legacy.url())).await.is_err());
}
