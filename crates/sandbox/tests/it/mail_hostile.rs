//! The mail server in the hands of clients that mean no good.

use sandbox::{Config, mail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::world::{PATIENCE, Smtp, calm};

/// The server still serves somebody else.
async fn alive(sandbox: &sandbox::Sandbox) {
    let mut smtp = Smtp::hello(sandbox).await;
    assert_eq!(smtp.mail("alive@x", b"Subject: s\r\n\r\nx").await, "250 kept\r\n");
}

/// Whatever the server says until it closes.
async fn rest(smtp: &mut Smtp) -> String {
    let mut text = Vec::new();
    let read = smtp.0.read_to_end(&mut text);
    // A reset is as good an end as any.
    tokio::time::timeout(PATIENCE, read).await.expect("the server closes").ok();
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn a_long_line_is_refused_and_the_next_one_served() {
    let sandbox = calm().await;
    let mut smtp = Smtp::hello(&sandbox).await;
    assert_eq!(smtp.say(&"x".repeat(500_000)).await, "500 line too long\r\n");
    assert_eq!(smtp.say("NOOP").await, "250 still here\r\n");
}

#[tokio::test]
async fn a_line_that_never_ends_is_cut_off() {
    let sandbox = calm().await;
    let mut smtp = Smtp::hello(&sandbox).await;
    let flood = vec![b'x'; 4 * 1024 * 1024];
    // The write may fail: the server closes in the middle of it.
    smtp.0.write_all(&flood).await.ok();
    rest(&mut smtp).await;
    alive(&sandbox).await;
}

#[tokio::test]
async fn bare_line_feeds_end_commands_but_never_a_mail() {
    let sandbox = calm().await;
    let mut smtp = Smtp::hello(&sandbox).await;
    smtp.write(b"MAIL FROM:<a@x>\nRCPT TO:<b@x>\nDATA\n").await;
    for code in ["250", "250", "354"] {
        assert!(smtp.reply().await.starts_with(code));
    }
    smtp.write(b"Subject: s\r\n\r\none\n.\nMAIL FROM:<evil@x>\n.\r\n\r.\r\n.\rx\r\n.\r\n").await;
    assert_eq!(smtp.reply().await, "250 kept\r\n");
    assert_eq!(smtp.say("NOOP").await, "250 still here\r\n");
    let mails = sandbox.mail.messages();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.as_deref().unwrap().contains("evil@x"));
}

#[tokio::test]
async fn binary_commands_are_mistakes_and_too_many_mistakes_the_end() {
    let sandbox = calm().await;
    let mut smtp = Smtp::hello(&sandbox).await;
    let noise: Vec<u8> =
        (0..50_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    smtp.0.write_all(&noise).await.ok();
    smtp.0.shutdown().await.ok();
    let said = rest(&mut smtp).await;
    assert!(said.is_empty() || said.starts_with("500"), "{said}");
    let mut smtp = Smtp::hello(&sandbox).await;
    smtp.write(&b"\xff\xfe\x00\r\n".repeat(25)).await;
    assert!(rest(&mut smtp).await.ends_with("421 too many mistakes\r\n"));
    alive(&sandbox).await;
}

#[tokio::test]
async fn a_binary_mail_is_kept_byte_for_byte() {
    let sandbox = calm().await;
    let bytes: Vec<u8> = (0..=255_u8).cycle().take(5_000).collect();
    let mut smtp = Smtp::hello(&sandbox).await;
    assert_eq!(smtp.mail("a@x", &bytes).await, "250 kept\r\n");
    assert_eq!(sandbox.mail.messages()[0].raw, [bytes.as_slice(), b"\r\n"].concat());
}

#[tokio::test]
async fn ten_megabytes_are_kept_and_more_is_refused() {
    let sandbox = calm().await;
    let line = [&[b'x'; 78][..], b"\r\n"].concat();
    let big = line.repeat(10_000_000 / 80);
    let mut smtp = Smtp::hello(&sandbox).await;
    assert_eq!(smtp.mail("a@x", &big).await, "250 kept\r\n");
    assert_eq!(sandbox.mail.messages()[0].raw.len(), 10_000_002);
    let too_big = line.repeat(12_000_000 / 80);
    assert_eq!(smtp.mail("a@x", &too_big).await, "552 too large\r\n");
    assert_eq!(smtp.say("NOOP").await, "250 still here\r\n");
    assert_eq!(sandbox.mail.messages().len(), 1);
}

#[tokio::test]
async fn recipients_are_bounded() {
    let sandbox = calm().await;
    let mut smtp = Smtp::hello(&sandbox).await;
    smtp.say("MAIL FROM:<a@x>").await;
    for _ in 0..100 {
        assert!(smtp.say("RCPT TO:<b@x>").await.starts_with("250"));
    }
    assert!(smtp.say("RCPT TO:<b@x>").await.starts_with("452"));
}

#[tokio::test]
async fn a_client_that_leaves_amid_its_mail_delivers_nothing() {
    let sandbox = calm().await;
    let mut smtp = Smtp::hello(&sandbox).await;
    smtp.write(b"MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nSubject: s\r\n\r\nhalf\r\n.").await;
    smtp.0.shutdown().await.unwrap();
    rest(&mut smtp).await;
    assert!(sandbox.mail.messages().is_empty());
    alive(&sandbox).await;
}

#[tokio::test]
async fn a_silent_client_is_sent_away() {
    let mail = mail::Config { idle_seconds: 0, ..mail::Config::calm() };
    let sandbox = sandbox::start(Config { mail, ..Config::calm() }).await.unwrap();
    let stream = tokio::net::TcpStream::connect(sandbox.mail.smtp_addr()).await.unwrap();
    assert!(rest(&mut Smtp(stream)).await.ends_with("421 too silent\r\n"));
}

#[tokio::test]
async fn stopping_says_goodbye_to_open_connections() {
    let sandbox = calm().await;
    let mut smtp = Smtp::hello(&sandbox).await;
    let stop = tokio::time::timeout(PATIENCE, sandbox.stop());
    let (stopped, said) = tokio::join!(stop, rest(&mut smtp));
    stopped.expect("the stop is prompt");
    assert_eq!(said, "421 shutting down\r\n");
}
