//! Listeners: taken ports, requests in progress at the drain, the admin pages.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, extract::ConnectInfo, routing::get};
use boot::{
    Door, Health, Host, Listener,
    listen::{admin_router, serve},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
};

const LONG: Duration = Duration::from_secs(60);

async fn free(door: Door) -> Listener {
    Listener::bind(door, SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap()
}

#[tokio::test]
async fn a_taken_port_is_refused_with_the_option_to_change() {
    let first = free(Door::Public).await;
    assert_ne!(first.address().port(), 0);
    for (door, option) in [
        (Door::Public, "--listen (USHER_LISTEN)"),
        (Door::Admin, "--admin-listen (USHER_ADMIN_LISTEN)"),
        (Door::Grpc, "--grpc-listen (USHER_GRPC_LISTEN)"),
    ] {
        let error = Listener::bind(door, first.address()).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
        let text = error.to_string();
        assert!(text.contains(option) && text.contains(&first.address().to_string()), "{text}");
    }
}

#[tokio::test]
async fn an_address_of_another_machine_is_refused_with_the_option_to_change() {
    let error = Listener::bind(Door::Public, "192.0.2.1:80".parse().unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("USHER_LISTEN"), "{error}");
}

#[tokio::test]
async fn handlers_see_the_address_of_the_peer() {
    let host = Host::new();
    let listener = free(Door::Public).await;
    let address = listener.address();
    let who =
        get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() });
    serve(listener, Router::new().route("/", who), &host);
    let body = reqwest::get(format!("http://{address}/")).await.unwrap().text().await.unwrap();
    assert_eq!(body, "127.0.0.1");
    assert_eq!(host.drain(LONG).await.stuck, Vec::<String>::new());
}

#[tokio::test]
async fn a_request_in_progress_is_answered_after_the_port_is_closed() {
    let host = Host::new();
    let listener = free(Door::Public).await;
    let address = listener.address();
    let (entered, mut entering) = mpsc::channel(1);
    let stopping = host.stopping();
    let slow = get(move || async move {
        entered.send(()).await.unwrap();
        stopping.cancelled().await;
        // The port is closed once connecting fails.
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        "done"
    });
    serve(listener, Router::new().route("/", slow), &host);
    let answer = tokio::spawn(reqwest::get(format!("http://{address}/")));
    entering.recv().await.unwrap();
    assert_eq!(host.drain(LONG).await.stuck, Vec::<String>::new());
    assert_eq!(answer.await.unwrap().unwrap().text().await.unwrap(), "done");
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_drain() {
    let host = Host::new();
    let listener = free(Door::Public).await;
    let mut idle = TcpStream::connect(listener.address()).await.unwrap();
    serve(listener, Router::new().route("/", get(|| async { "ok" })), &host);
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 15];
    idle.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    assert_eq!(host.drain(LONG).await.stuck, Vec::<String>::new());
}

#[tokio::test]
async fn an_endless_response_is_cut_at_the_deadline_and_its_listener_named() {
    let host = Host::new();
    let listener = free(Door::Public).await;
    let address = listener.address();
    let (entered, mut entering) = mpsc::channel(1);
    let endless = get(async move || {
        entered.send(()).await.unwrap();
        std::future::pending::<()>().await;
    });
    serve(listener, Router::new().route("/", endless), &host);
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    entering.recv().await.unwrap();
    assert_eq!(host.drain(Duration::from_millis(100)).await.stuck, ["public listener"]);
    let ended = client.read(&mut [0; 1]).await;
    assert!(matches!(ended, Ok(0) | Err(_)), "the connection is gone");
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let host = Host::new();
    let listener = free(Door::Public).await;
    let address = listener.address();
    serve(listener, Router::new().route("/", get(|| async { "ok" })), &host);
    let request = reqwest::Client::new().get(format!("http://{address}/"));
    let answer = request.header("x-large", "a".repeat(100_000)).send().await;
    assert!(answer.is_err() || answer.unwrap().status() == 431);
    host.drain(LONG).await;
}

#[tokio::test]
async fn a_connection_that_asks_nothing_is_closed() {
    let host = Host::new();
    let listener = free(Door::Public).await;
    let mut silent = TcpStream::connect(listener.address()).await.unwrap();
    serve(listener, Router::new(), &host);
    // The beginning of both protocols: the server cannot yet tell which it is.
    silent.write_all(b"P").await.unwrap();
    assert!(matches!(silent.read(&mut [0; 1]).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn the_admin_listener_shows_metrics_health_and_what_it_was_given() {
    let host = Host::new();
    boot::metrics::start(&host);
    metrics::counter!("usher_boot_tests", "kind" => "admin").increment(3);
    metrics::histogram!("usher_boot_test_duration_seconds").record(0.02);
    let listener = free(Door::Admin).await;
    let address = listener.address();
    let extra = Router::new().route("/sandbox/mail", get(|| async { "no mail" }));
    serve(listener, admin_router(&Health::new(&host), extra), &host);
    let page = async |path: &str| {
        let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    };
    let metrics = page("/metrics").await;
    assert!(metrics.contains("usher_boot_tests_total{kind=\"admin\"} 3"), "{metrics}");
    assert!(metrics.contains("usher_boot_test_duration_seconds_bucket{le=\"0.025\"} 1"));
    assert!(page("/readyz").await.contains("\"ready\":true"));
    assert!(page("/livez").await.contains("\"live\":true"));
    assert_eq!(page("/sandbox/mail").await, "no mail");
    assert_eq!(host.drain(LONG).await.stuck, Vec::<String>::new());
}
