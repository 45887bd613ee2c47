//! The Bot API answers as the real one does, and remembers what was sent.

use reqwest::header::RETRY_AFTER;
use sandbox::{
    Config, Sandbox,
    telegram::{Fault, Standing, Told},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::world::{CLIENT, PATIENCE, calm, calm_in};

async fn ask(sandbox: &Sandbox, token: &str, method: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/bot{token}/{method}", sandbox.telegram.url());
    let answer = CLIENT.post(url).body(body.to_string()).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn send(sandbox: &Sandbox, body: Value) -> (u16, Value) {
    let token = sandbox.telegram.token().expose_secret().to_owned();
    ask(sandbox, &token, "sendMessage", body).await
}

#[tokio::test]
async fn a_message_stands_and_is_numbered_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = calm_in(folder.path()).await;
    let (status, answer) = send(&first, json!({"chat_id": 42, "text": " hello "})).await;
    assert_eq!((status, &answer["ok"]), (200, &json!(true)));
    assert_eq!(answer["result"]["message_id"], 1);
    assert_eq!(answer["result"]["chat"], json!({"id": 42, "type": "private", "first_name": "Ann"}));
    drop(first);
    let second = calm_in(folder.path()).await;
    assert_eq!(second.telegram.messages()[0].text, "hello");
    let (_, answer) = send(&second, json!({"chat_id": "-77", "text": "again"})).await;
    assert_eq!(answer["result"]["message_id"], 2);
    let heard = second.telegram.wait_for_message(|one| one.chat_id == -77, PATIENCE).await;
    assert_eq!(heard.unwrap().text, "again");
}

#[tokio::test]
async fn each_refusal_has_the_words_of_the_real_one() {
    let sandbox = calm().await;
    sandbox.telegram.set_standing(-77, Standing::Moved(-100));
    for (body, status, words) in [
        (json!({"chat_id": 5, "text": "x"}), 400, "Bad Request: chat not found"),
        (json!({"chat_id": 42, "text": " "}), 400, "Bad Request: message text is empty"),
        (json!({"chat_id": 42}), 400, "Bad Request: message text is empty"),
        (
            json!({"chat_id": 42, "text": "😀".repeat(2049)}),
            400,
            "Bad Request: message is too long",
        ),
        (
            json!({"chat_id": -77, "text": "x"}),
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
        ),
    ] {
        let (code, answer) = send(&sandbox, body).await;
        assert_eq!((code, answer["description"].as_str()), (status, Some(words)));
        assert_eq!((&answer["ok"], &answer["error_code"]), (&json!(false), &json!(status)));
    }
    for (standing, words) in [
        (Standing::Kicked, "Forbidden: bot was kicked from the group chat"),
        (Standing::Blocked, "Forbidden: bot was blocked by the user"),
        (Standing::NotStarted, "Forbidden: bot can't initiate conversation with a user"),
    ] {
        sandbox.telegram.set_standing(42, standing);
        let (code, answer) = send(&sandbox, json!({"chat_id": 42, "text": "x"})).await;
        assert_eq!((code, answer["description"].as_str()), (403, Some(words)));
    }
    let (code, answer) = send(&sandbox, json!({"chat_id": -77, "text": "x"})).await;
    assert_eq!((code, &answer["parameters"]["migrate_to_chat_id"]), (400, &json!(-100)));
    assert!(sandbox.telegram.messages().is_empty());
}

#[tokio::test]
async fn a_wrong_token_or_method_opens_nothing() {
    let sandbox = calm().await;
    let (code, answer) = ask(&sandbox, "1:wrong", "getMe", json!({})).await;
    assert_eq!((code, &answer["ok"]), (401, &json!(false)));
    let token = sandbox.telegram.token().expose_secret().to_owned();
    assert_eq!(ask(&sandbox, &token, "getMoney", json!({})).await.0, 404);
    let (code, answer) = ask(&sandbox, &token, "getMe", json!({})).await;
    assert_eq!((code, &answer["result"]["id"]), (200, &json!(123_456)));
    sandbox.telegram.set_token("2:another".into());
    assert_eq!(ask(&sandbox, &token, "getMe", json!({})).await.0, 401);
    let shown = format!("{:?}", sandbox.telegram.calls());
    assert!(!shown.contains("sandbox-bot-token"), "{shown}");
}

#[tokio::test]
async fn a_pause_is_told_where_the_script_says() {
    let sandbox = calm().await;
    for (told, header, body) in
        [(Told::Both, true, true), (Told::Body, false, true), (Told::Header, true, false)]
    {
        let limited = Fault::RateLimited { retry_after: 9, told };
        sandbox.telegram.push_fault("getMe", limited);
        let token = sandbox.telegram.token().expose_secret();
        let url = format!("{}/bot{token}/getMe", sandbox.telegram.url());
        let answer = CLIENT.post(url).send().await.unwrap();
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers().contains_key(RETRY_AFTER), header, "{told:?}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["parameters"]["retry_after"] == 9, body, "{told:?}");
    }
}

#[test]
fn its_configuration_reads_and_prints_no_token() {
    let config: Config = serde_json::from_value(json!({"telegram": {
        "token": "9:canary",
        "chats": [{"id": 1, "kind": "channel", "title": "News", "standing": {"moved": 2}}],
        "scripts": [{"method": "sendMessage", "faults": [
            {"kind": "rate_limited", "retry_after": 3, "told": "body"}, {"kind": "bad_gateway"},
        ]}],
    }}))
    .unwrap();
    assert_eq!(config.telegram.chats[0].standing, Standing::Moved(2));
    assert_eq!(config.telegram.scripts[0].faults[1], Fault::BadGateway);
    assert!(!format!("{config:?}").contains("canary"));
    assert!(serde_json::from_value::<Config>(json!({"telegram": {"other": 1}})).is_err());
}
