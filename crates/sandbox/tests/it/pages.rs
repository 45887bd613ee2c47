//! The pages show everything, run nothing, and tell no secret.

use axum::{Router, body::Body, http::Request};
use sandbox::Sandbox;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::world::{ADD, CLIENT, Smtp, call, calm, token};

struct Page {
    status: u16,
    policy: String,
    text: String,
}

/// As a browser asks, or as a script does.
async fn get(sandbox: &Sandbox, path: &str, accept: &str) -> Page {
    let router = Router::new().nest("/sandbox", sandbox.pages());
    let request = Request::get(path).header("accept", accept).body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let policy = response.headers().get("content-security-policy").cloned();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Page {
        status,
        policy: policy.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default(),
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

async fn json_of(sandbox: &Sandbox, path: &str, accept: &str) -> Value {
    serde_json::from_str(&get(sandbox, path, accept).await.text).unwrap()
}

const BROWSER: &str = "text/html,application/xhtml+xml";
const SCRIPT: &str = "<script>alert('1')</script>";

async fn with_hostile_content() -> Sandbox {
    let sandbox = calm().await;
    let body = json!({"ssId": SCRIPT, "owner_email": SCRIPT, "token": token(SCRIPT, "the-secret")});
    call(&sandbox, ADD, body).await.unwrap();
    let mut smtp = Smtp::hello(&sandbox).await;
    let mail = format!(
        "Subject: {SCRIPT}\r\nMessage-ID: <{SCRIPT}@x>\r\nContent-Type: text/html\r\n\r\n\
         <b onclick=\"x\">\"{SCRIPT}</b> https://x.example/a?b=1&amp;c=2",
    );
    smtp.mail("\"><script>@x", mail.as_bytes()).await;
    smtp.mail("plain@example.com", format!("Subject: t\r\n\r\n{SCRIPT}").as_bytes()).await;
    let url = sandbox.telegram.url();
    let token = sandbox.telegram.token().expose_secret();
    let body = json!({"chat_id": 42, "text": SCRIPT}).to_string();
    CLIENT.post(format!("{url}/bot{token}/sendMessage")).body(body).send().await.unwrap();
    sandbox
}

#[tokio::test]
async fn html_of_strangers_is_escaped_everywhere() {
    let sandbox = with_hostile_content().await;
    let paths =
        ["", "/mails", "/mails/0", "/mails/1", "/legacy", "/telegram", "/mails?to=%3Cscript%3E"];
    for path in paths {
        let page = get(&sandbox, &format!("/sandbox{path}"), BROWSER).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text.starts_with("<!doctype html>"), "{path}");
        assert!(!page.text.contains("<script"), "{path}: {}", page.text);
        assert!(!page.text.contains("onclick=\""), "{path}");
        assert!(page.policy.starts_with("default-src 'none'"), "{path}");
    }
    let page = get(&sandbox, "/sandbox/mails/0", BROWSER).await;
    assert!(page.text.contains("<iframe sandbox "), "no script and no origin for the mail");
    assert!(page.text.contains("https://x.example/a?b=1&#38;c=2"), "{}", page.text);
}

#[tokio::test]
async fn mails_are_listed_as_json_when_asked() {
    let sandbox = with_hostile_content().await;
    let all = json_of(&sandbox, "/sandbox/mails", "application/json").await;
    assert_eq!(all, json_of(&sandbox, "/sandbox/mails?format=json", BROWSER).await);
    assert_eq!(all["mails"].as_array().unwrap().len(), 2);
    assert_eq!(all["mails"][0]["subject"], SCRIPT);
    assert_eq!(all["mails"][0]["links"], json!(["https://x.example/a?b=1&c=2"]));

    let one = json_of(&sandbox, "/sandbox/mails?to=PLAIN@example.com", "*/*").await;
    assert_eq!(one["mails"].as_array().unwrap().len(), 1);
    assert_eq!(one["mails"][0]["id"], 1);
    let after = json_of(&sandbox, "/sandbox/mails?after=0&format=json", "*/*").await;
    assert_eq!(after["mails"], one["mails"]);
    let newest = json_of(&sandbox, "/sandbox/mails?limit=1&format=json", "*/*").await;
    assert_eq!(newest["mails"], one["mails"]);
    assert_eq!(json_of(&sandbox, "/sandbox/mails/1?format=json", "*/*").await, one["mails"][0]);
    let raw = get(&sandbox, "/sandbox/mails/1?format=raw", BROWSER).await;
    assert_eq!(raw.text, format!("Subject: t\r\n\r\n{SCRIPT}\r\n"));
    assert_eq!(get(&sandbox, "/sandbox/mails/9", BROWSER).await.status, 404);
    assert_eq!(get(&sandbox, "/sandbox/mails/x", BROWSER).await.status, 400);
}

#[tokio::test]
async fn a_script_can_wait_for_a_mail() {
    let sandbox = calm().await;
    let none = json_of(&sandbox, "/sandbox/mails?to=a@x&wait_ms=10", "*/*").await;
    assert_eq!(none, json!({"mails": []}));
    let (found, ()) =
        tokio::join!(json_of(&sandbox, "/sandbox/mails?to=a@x&wait_ms=10000", "*/*"), async {
            let mut smtp = Smtp::hello(&sandbox).await;
            smtp.mail("b@x", b"Subject: b\r\n\r\n").await;
            smtp.mail("a@x", b"Subject: a\r\n\r\n").await;
        },);
    assert_eq!(found["mails"][0]["subject"], "a");
}

#[tokio::test]
async fn the_backend_is_listed_without_whole_tokens() {
    let sandbox = with_hostile_content().await;
    let page = json_of(&sandbox, "/sandbox/legacy", "application/json").await;
    assert_eq!(page["calls"][0]["op"], "tokens_add");
    assert_eq!(page["calls"][0]["outcome"], json!({"is": "answered", "status": 200}));
    assert_eq!(page["effects"][1]["effect"], "token_stored");
    assert_eq!(page["effects"][1]["token_suffix"], "secret");
    assert_eq!(page["spreadsheets"][0]["tokens"][0]["token_suffix"], "secret");
    assert!(!page.to_string().contains("the-secret"));
    let html = get(&sandbox, "/sandbox/legacy", BROWSER).await.text;
    assert!(html.contains("secret") && !html.contains("the-secret"));
}
