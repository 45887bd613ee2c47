//! How a host is spared: breaker, seats, paces.

use std::{
    task::{Context, Waker},
    time::Duration,
};

use kernel::TenantId;
use outbound::{Effect, Kind, Limits, Outbound, Pace, Rate};
use tokio::{net::TcpStream, sync::Semaphore};

use crate::world::{FINE, PATIENCE, Server, call, clock, limits, say, trusting};

const BROKEN: &str =
    "HTTP/1.1 503 Away\r\nretry-after: 7\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn a_host_that_fails_is_left_alone_and_then_probed_once() {
    let server = Server::new(|stream| Box::pin(say(stream, BROKEN))).await;
    let clock = clock();
    let outbound = trusting(&server, limits(), &clock);
    for _ in 0..5 {
        let answer = outbound.send(call(server.url())).await.expect("an answer of its own");
        assert_eq!(answer.status, 503);
        assert_eq!(answer.retry_after, Some(Duration::from_secs(7)));
    }
    for _ in 0..20 {
        let fault = outbound.send(call(server.url())).await.expect_err("left alone");
        assert_eq!((fault.kind, fault.effect), (Kind::BreakerOpen, Effect::None));
        assert_eq!(fault.retry_after, Some(Duration::from_secs(10)));
    }
    assert_eq!(server.connections(), 5);
    clock.advance(Duration::from_secs(10));
    outbound.send(call(server.url())).await.expect("the probe");
    assert!(outbound.send(call(server.url())).await.is_err(), "open again");
    assert_eq!(server.connections(), 6);
}

/// Calls until the breaker opens; answers how many calls were made.
async fn exhaust(outbound: &Outbound, server: &Server) -> usize {
    let mut calls = 0;
    while is_open(outbound, server).await.is_none() {
        calls += 1;
        assert!(calls < 100, "it never opens");
    }
    calls
}

/// The pause that a call is told, if it is not made.
async fn is_open(outbound: &Outbound, server: &Server) -> Option<Duration> {
    match outbound.send(call(server.url())).await {
        Err(fault) if fault.kind == Kind::BreakerOpen => fault.retry_after,
        _ => None,
    }
}

#[tokio::test]
async fn what_a_host_answers_badly_is_held_against_the_tenant_that_asked() {
    let server = Server::new(|stream| Box::pin(say(stream, BROKEN))).await;
    let clock = clock();
    let outbound = trusting(&server, limits(), &clock);
    let [one, other]: [TenantId; 2] = [clock.new_id(), clock.new_id()];
    assert_eq!(exhaust(&outbound.on_behalf_of(one), &server).await, 5);
    for allowed in [outbound.on_behalf_of(other), outbound.clone()] {
        let answer = allowed.send(call(server.url())).await.expect("an answer of its own");
        assert_eq!(answer.status, 503);
    }
    assert_eq!(server.connections(), 7);
    assert_eq!(is_open(&outbound.on_behalf_of(one), &server).await, Some(Duration::from_secs(10)));
    clock.advance(Duration::from_secs(10));
    outbound.on_behalf_of(one).send(call(server.url())).await.expect("the tenant's own probe");
    assert!(is_open(&outbound.on_behalf_of(one), &server).await.is_some(), "open again");
    assert!(is_open(&outbound.on_behalf_of(other), &server).await.is_none());
}

async fn say_nothing(stream: TcpStream) {
    std::future::pending::<()>().await;
    drop(stream);
}

#[tokio::test]
async fn a_host_that_does_not_answer_in_time_is_held_against_the_tenant_that_asked() {
    let server = Server::new(|stream| Box::pin(say_nothing(stream))).await;
    let clock = clock();
    let outbound = trusting(&server, limits(), &clock);
    let [one, other]: [TenantId; 2] = [clock.new_id(), clock.new_id()];
    let soon = || call(server.url()).within(Duration::from_millis(50));
    for _ in 0..5 {
        let late = outbound.on_behalf_of(one).send(soon()).await.expect_err("too late");
        assert_eq!(late.kind, Kind::TimedOut);
    }
    let fault = outbound.on_behalf_of(one).send(soon()).await.expect_err("left alone");
    assert_eq!(fault.kind, Kind::BreakerOpen);
    let late = outbound.on_behalf_of(other).send(soon()).await.expect_err("too late");
    assert_eq!(late.kind, Kind::TimedOut);
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_or_breaks_off_is_left_alone_by_all() {
    let breaking = Server::new(|stream| Box::pin(say(stream, ""))).await;
    for server in [Server::gone(), breaking] {
        let clock = clock();
        let outbound = trusting(&server, limits(), &clock);
        let tenants: [TenantId; 6] = std::array::from_fn(|_| clock.new_id());
        for tenant in &tenants[..5] {
            let fault = outbound.on_behalf_of(*tenant).send(call(server.url())).await;
            let kind = fault.expect_err("no answer").kind;
            assert!(matches!(kind, Kind::Unreachable | Kind::ConnectionLost), "{kind}");
        }
        for client in [outbound.on_behalf_of(tenants[5]), outbound.clone()] {
            let pause = is_open(&client, &server).await;
            assert_eq!(pause, Some(Duration::from_secs(10)), "one failure each was enough");
        }
    }
}

#[tokio::test]
async fn a_refusal_is_no_failure_of_the_host() {
    const BUSY: &str = "HTTP/1.1 429 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let server = Server::new(|stream| Box::pin(say(stream, BUSY))).await;
    let outbound = trusting(&server, limits(), &clock());
    for _ in 0..30 {
        assert_eq!(outbound.send(call(server.url())).await.expect("an answer").status, 429);
    }
}

/// Opened by the test once it has seen that another call waits.
static GATE: Semaphore = Semaphore::const_new(0);

async fn wait_at_the_gate(stream: TcpStream) {
    let _gone = GATE.acquire().await;
    say(stream, FINE).await;
}

#[tokio::test]
async fn no_more_calls_than_allowed_are_under_way_to_one_host() {
    let server = Server::new(|stream| Box::pin(wait_at_the_gate(stream))).await;
    let outbound = trusting(&server, Limits { concurrency: 1, ..limits() }, &clock());
    let (first, url) = (outbound.clone(), server.url());
    let first = tokio::spawn(async move { first.send(call(url)).await });
    while server.connections() == 0 {
        tokio::task::yield_now().await;
    }
    let soon = Duration::from_millis(100);
    let fault = outbound.send(call(server.url()).within(soon)).await.expect_err("no seat");
    assert_eq!((fault.kind, fault.effect), (Kind::Paced, Effect::None));
    assert_eq!(server.connections(), 1);
    GATE.add_permits(1);
    first.await.expect("ends").expect("answers");
    outbound.send(call(server.url())).await.expect("the seat is free again");
}

#[tokio::test]
async fn a_call_waits_its_turn_or_says_when_it_comes() {
    let server = Server::new(|stream| Box::pin(say(stream, FINE))).await;
    let outbound = trusting(&server, limits(), &clock());
    let hourly = || Pace { key: "test:hourly".into(), rate: Rate::new(1, PATIENCE * 120) };
    outbound.send(call(server.url()).paced(hourly())).await.expect("the first");
    let fault = outbound.send(call(server.url()).paced(hourly())).await.expect_err("too early");
    assert_eq!((fault.kind, fault.retry_after), (Kind::Paced, Some(PATIENCE * 120)));
    outbound.hold("test:held", PATIENCE * 2);
    let held = Pace { key: "test:held".into(), rate: Rate::new(100, PATIENCE) };
    let fault = outbound.send(call(server.url()).paced(held)).await.expect_err("held");
    assert_eq!(fault.retry_after, Some(PATIENCE * 2));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_caller_who_gives_up_during_the_probe_leaves_room_for_the_next() {
    let server = Server::new(|stream| Box::pin(say(stream, BROKEN))).await;
    let clock = clock();
    let outbound = trusting(&server, limits(), &clock);
    for _ in 0..5 {
        outbound.send(call(server.url())).await.expect("an answer");
    }
    clock.advance(Duration::from_secs(10));
    let mut given_up = Box::pin(outbound.send(call(server.url())));
    let begun = given_up.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(begun.is_pending(), "the probe is under way");
    assert!(outbound.send(call(server.url())).await.is_err(), "and is the only one");
    drop(given_up);
    let answer = outbound.send(call(server.url())).await.expect("the next one is the probe");
    assert_eq!(answer.status, 503);
}
