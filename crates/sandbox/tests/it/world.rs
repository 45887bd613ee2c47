//! What the tests share: calls to the legacy backend and raw SMTP conversations.

use std::{path::Path, sync::LazyLock, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::header::{AUTHORIZATION, HeaderMap};
use sandbox::{Config, Sandbox};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const REGISTER: &str = "/api/admin/spreadsheets/register";
pub(crate) const ADD: &str = "/api/admin/wb/tokens/add";
pub(crate) const LIST: &str = "/api/admin/wb/tokens/list";
pub(crate) const GET: &str = "/api/ss/wb/token/get";
pub(crate) const UPDATE: &str = "/api/ss/datasets/update";

pub(crate) async fn calm() -> Sandbox {
    sandbox::start(Config::calm()).await.unwrap()
}

pub(crate) async fn calm_in(folder: &Path) -> Sandbox {
    let config = Config { data_dir: Some(folder.to_owned()), ..Config::calm() };
    sandbox::start(config).await.unwrap()
}

/// One for all tests, as making one is slow; it keeps no connection, as each test has a runtime.
pub(crate) static CLIENT: LazyLock<reqwest::Client> =
    LazyLock::new(|| reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap());

/// A token shaped like those of the marketplace; the tail tells two of one seller apart.
pub(crate) fn token(sid: &str, tail: &str) -> String {
    let part = |claims: Value| URL_SAFE_NO_PAD.encode(claims.to_string());
    let head = part(json!({"alg": "ES256", "typ": "JWT"}));
    format!("{head}.{}.{tail}", part(json!({"sid": sid, "exp": 4_000_000_000_u32})))
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) json: Value,
}

/// A call with the key, to the whole answer.
pub(crate) async fn call(
    sandbox: &Sandbox,
    path: &str,
    body: Value,
) -> Result<Answer, reqwest::Error> {
    let key = sandbox.legacy.api_key().expose_secret();
    send(&sandbox.legacy.url(), path, &format!("Bearer {key}"), body.to_string()).await
}

pub(crate) async fn send(
    url: &str,
    path: &str,
    authorization: &str,
    body: String,
) -> Result<Answer, reqwest::Error> {
    let url = format!("{url}{path}");
    let request = CLIENT.post(url).header(AUTHORIZATION, authorization).body(body);
    let response = request.timeout(PATIENCE).send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, json: response.json().await? })
}

/// Asserts the error envelope.
pub(crate) fn refused(answer: &Answer, status: u16, message: &str) {
    assert_eq!(answer.status, status, "{}", answer.json);
    assert_eq!(answer.json, json!({"success": false, "message": message}));
}

/// A client that speaks bytes.
pub(crate) struct Smtp(pub(crate) TcpStream);

impl Smtp {
    /// Connected and greeted, EHLO said.
    pub(crate) async fn hello(sandbox: &Sandbox) -> Smtp {
        let stream = TcpStream::connect(sandbox.mail.smtp_addr()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut smtp = Smtp(stream);
        assert_eq!(smtp.reply().await, "220 sandbox ESMTP\r\n");
        smtp.say("EHLO test").await;
        smtp
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Sends a line and gives its reply.
    pub(crate) async fn say(&mut self, line: &str) -> String {
        self.write(format!("{line}\r\n").as_bytes()).await;
        self.reply().await
    }

    /// One reply, all its lines; what came so far when the server closes.
    pub(crate) async fn reply(&mut self) -> String {
        let mut text = Vec::new();
        let read = async {
            while !whole(&text) {
                match self.0.read_u8().await {
                    Ok(byte) => text.push(byte),
                    Err(_) => break,
                }
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("a reply in time");
        String::from_utf8(text).unwrap()
    }

    /// An envelope and a mail; gives the reply to the mail, empty when the line was cut.
    pub(crate) async fn mail(&mut self, to: &str, mail: &[u8]) -> String {
        assert_eq!(self.say("MAIL FROM:<usher@example.com>").await, "250 sender noted\r\n");
        assert_eq!(self.say(&format!("RCPT TO:<{to}>")).await, "250 recipient noted\r\n");
        assert_eq!(self.say("DATA").await, "354 end with a dot\r\n");
        self.write(mail).await;
        self.write(b"\r\n.\r\n").await;
        self.reply().await
    }
}

/// The last line of a reply has a space after its code.
fn whole(text: &[u8]) -> bool {
    let last = text.strip_suffix(b"\r\n").and_then(|text| text.split(|&b| b == b'\n').next_back());
    last.is_some_and(|line| line.get(3) == Some(&b' '))
}
