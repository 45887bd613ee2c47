//! How long a call may take and how much it may bring.

use std::time::Duration;

use outbound::{Class, Effect, Kind};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::world::{FINE, Server, Silent, call, clock, limits, say, trusting, wary};

const SOON: Duration = Duration::from_millis(200);

async fn keep(stream: TcpStream) {
    std::future::pending::<()>().await;
    drop(stream);
}

/// One byte after the other, without an end.
async fn drip(mut stream: TcpStream) {
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n").await;
    while stream.write_all(b".").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn one_deadline_covers_headers_and_body() {
    for play in [(|stream| Box::pin(keep(stream)) as _) as crate::world::Play, |stream| {
        Box::pin(drip(stream))
    }] {
        let server = Server::new(play).await;
        let outbound = trusting(&server, limits(), &clock());
        let fault = outbound.send(call(server.url()).within(SOON)).await.expect_err("too late");
        assert_eq!((fault.kind, fault.effect), (Kind::TimedOut, Effect::Unknown));
        assert_eq!(fault.class, Class::Transient);
    }
}

#[tokio::test]
async fn one_deadline_covers_the_name_too() {
    let server = Server::new(|stream| Box::pin(say(stream, FINE))).await;
    let outbound = wary(&server, Silent);
    let url = server.under("slow.example");
    let fault = outbound.send(call(url).within(SOON)).await.expect_err("too late");
    assert_eq!(fault.kind, Kind::TimedOut);
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn nobody_listening_is_told_as_nothing_done() {
    let nobody = Server::gone();
    let outbound = trusting(&nobody, limits(), &clock());
    let fault = outbound.send(call(nobody.url())).await.expect_err("refused");
    assert_eq!((fault.kind, fault.effect), (Kind::Unreachable, Effect::None));
}

#[tokio::test]
async fn a_connection_that_breaks_may_have_acted() {
    for text in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\nhalf of"] {
        let play: crate::world::Play = if text.is_empty() {
            |stream| Box::pin(say(stream, ""))
        } else {
            |stream| Box::pin(say(stream, "HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\nhalf of"))
        };
        let server = Server::new(play).await;
        let outbound = trusting(&server, limits(), &clock());
        let fault = outbound.send(call(server.url())).await.expect_err("broken");
        assert_eq!((fault.kind, fault.effect), (Kind::ConnectionLost, Effect::Unknown));
    }
}

#[tokio::test]
async fn an_answer_is_read_up_to_its_bound() {
    const LONG: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n\
                        5\r\n12345\r\n5\r\n67890\r\n0\r\n\r\n";
    let server = Server::new(|stream| Box::pin(say(stream, LONG))).await;
    let outbound = trusting(&server, limits(), &clock());
    let whole = outbound.send(call(server.url()).at_most(10)).await.expect("fits");
    assert_eq!(&whole.body[..], b"1234567890");
    let fault = outbound.send(call(server.url()).at_most(9)).await.expect_err("too long");
    assert_eq!((fault.kind, fault.class), (Kind::AnswerTooLong, Class::System));
    let announced = Server::new(|stream| Box::pin(say(stream, FINE))).await;
    let outbound = trusting(&announced, limits(), &clock());
    let fault = outbound.send(call(announced.url()).at_most(3)).await.expect_err("too long");
    assert_eq!(fault.kind, Kind::AnswerTooLong);
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_a_broken_connection() {
    let server = Server::new(|stream| Box::pin(say(stream, "220 mail.example ESMTP\r\n"))).await;
    let outbound = trusting(&server, limits(), &clock());
    let fault = outbound.send(call(server.url())).await.expect_err("no HTTP");
    assert_eq!(fault.kind, Kind::ConnectionLost);
}
