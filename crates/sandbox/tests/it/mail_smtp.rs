//! The mail server takes mail as SMTP says, and shows what it took.

use std::time::Duration;

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{MultiPart, header::ContentType},
};

use crate::world::{PATIENCE, Smtp, calm};

#[tokio::test]
async fn a_raw_conversation_delivers_one_mail() {
    let sandbox = calm().await;
    let mut smtp = Smtp::hello(&sandbox).await;
    assert_eq!(smtp.say("NOOP").await, "250 still here\r\n");
    let mail = b"Subject: Hi\r\nMessage-ID: <1@x>\r\n\r\nFirst\r\n..dot\r\n.x\r\n";
    assert_eq!(smtp.mail("a@example.com", mail).await, "250 kept\r\n");
    assert_eq!(smtp.say("QUIT").await, "221 goodbye\r\n");
    assert_eq!(smtp.reply().await, "");

    let mail = &sandbox.mail.messages()[0];
    assert_eq!((mail.id, mail.from.as_str()), (0, "usher@example.com"));
    assert_eq!(mail.to, ["a@example.com"]);
    assert_eq!(mail.subject.as_deref(), Some("Hi"));
    assert_eq!(mail.message_id.as_deref(), Some("1@x"));
    assert_eq!(mail.text.as_deref(), Some("First\r\n.dot\r\nx\r\n\r\n"));
    assert!(mail.raw.starts_with(b"Subject: Hi\r\n"));
}

#[tokio::test]
async fn the_greeting_tells_the_extensions() {
    let sandbox = calm().await;
    let mut smtp = Smtp::hello(&sandbox).await;
    let expected = "250-sandbox\r\n250-PIPELINING\r\n250-SIZE 10485760\r\n250-8BITMIME\r\n\
                    250 SMTPUTF8\r\n";
    assert_eq!(smtp.say("ehlo again").await, expected);
    assert_eq!(smtp.say("HELO plain").await, "250 sandbox\r\n");
}

#[tokio::test]
async fn commands_out_of_order_are_refused() {
    let sandbox = calm().await;
    let mut smtp = Smtp(tokio::net::TcpStream::connect(sandbox.mail.smtp_addr()).await.unwrap());
    smtp.reply().await;
    for (line, code) in [
        ("MAIL FROM:<a@x>", "503"),
        ("EHLO", "501"),
        ("EHLO me", "250"),
        ("RCPT TO:<b@x>", "503"),
        ("DATA", "503"),
        ("MAIL FROM:a@x", "501"),
        ("MAIL TO:<a@x>", "501"),
        ("MAIL FROM:<>", "250"),
        ("MAIL FROM:<a@x>", "503"),
        ("RCPT TO:<>", "501"),
        ("DATA", "503"),
        ("RSET", "250"),
        ("RCPT TO:<b@x>", "503"),
        ("mail from: <a@x> SIZE=99999999", "552"),
        ("MAIL FROM:<a@x> SIZE=many", "501"),
        ("VRFY a", "252"),
        ("STARTTLS", "502"),
        ("AUTH PLAIN AAAA", "502"),
        ("WHAT", "500"),
        ("", "500"),
    ] {
        let reply = smtp.say(line).await;
        assert!(reply.starts_with(code), "{line}: {reply}");
    }
}

#[tokio::test]
async fn a_pipelined_conversation_is_answered_in_order() {
    let sandbox = calm().await;
    let mut smtp = Smtp::hello(&sandbox).await;
    smtp.write(b"MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nRCPT TO:<c@x>\r\nDATA\r\n").await;
    for code in ["250", "250", "250", "354"] {
        assert!(smtp.reply().await.starts_with(code));
    }
    smtp.write(b"Subject: p\r\n\r\nhi\r\n.\r\nMAIL FROM:<a@x>\r\nRSET\r\nQUIT\r\n").await;
    for code in ["250 kept", "250 sender", "250 forgotten", "221"] {
        assert!(smtp.reply().await.starts_with(code));
    }
    assert_eq!(sandbox.mail.messages()[0].to, ["b@x", "c@x"]);
}

#[tokio::test]
async fn a_real_client_delivers_both_bodies_and_their_links() {
    let sandbox = calm().await;
    let address = sandbox.mail.smtp_addr();
    let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
        .port(address.port())
        .build();
    let html = r#"<p>Привет, <a href="https://x.example/go?a=1&amp;b=2">открой</a>.</p>"#;
    let body = MultiPart::alternative_plain_html(
        "Open https://x.example/go?a=1&b=2, then (http://y.example/z).".to_owned(),
        html.to_owned(),
    );
    let mail = Message::builder()
        .from("Usher <usher@example.com>".parse().unwrap())
        .to("Анна <anna@example.com>".parse().unwrap())
        .subject("Добро пожаловать")
        .message_id(Some("<stable-1@example.com>".into()))
        .multipart(body)
        .unwrap();
    let wait = sandbox.mail.wait_for(|mail| mail.is_to("ANNA@example.com"), PATIENCE);
    let (sent, kept) = tokio::join!(transport.send(mail), wait);
    sent.unwrap();
    let kept = kept.unwrap();
    assert_eq!(kept.subject.as_deref(), Some("Добро пожаловать"));
    assert_eq!(kept.message_id.as_deref(), Some("stable-1@example.com"));
    assert_eq!(kept.html.as_deref().map(str::trim), Some(html));
    assert_eq!(kept.links, ["https://x.example/go?a=1&b=2", "http://y.example/z"]);
    assert!(!format!("{kept:?}").contains("x.example/go"));
}

#[tokio::test]
async fn a_mail_with_html_alone_has_no_text() {
    let sandbox = calm().await;
    let mail = Message::builder()
        .from("usher@example.com".parse().unwrap())
        .to("a@example.com".parse().unwrap())
        .header(ContentType::TEXT_HTML)
        .body("<b>hi</b>".to_owned())
        .unwrap();
    let mut smtp = Smtp::hello(&sandbox).await;
    assert_eq!(smtp.mail("a@example.com", &mail.formatted()).await, "250 kept\r\n");
    let kept = &sandbox.mail.messages()[0];
    assert_eq!(
        (kept.text.as_deref(), kept.html.as_deref().map(str::trim)),
        (None, Some("<b>hi</b>"))
    );
}

#[tokio::test]
async fn waiting_ends_when_the_time_is_up() {
    let sandbox = calm().await;
    let wait = sandbox.mail.wait_for(|_| true, Duration::from_millis(20));
    assert!(wait.await.is_none());
}
