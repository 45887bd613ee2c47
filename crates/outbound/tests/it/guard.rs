//! What is not called.

use outbound::{Effect, Kind, Url};

use crate::world::{FINE, Leads, Server, call, clock, limits, say, trusting, wary};

#[tokio::test]
async fn a_name_that_leads_inside_is_not_called_even_beside_public_addresses() {
    let server = Server::new(|stream| Box::pin(say(stream, FINE))).await;
    let leads = [
        vec!["127.0.0.1"],
        vec!["8.8.8.8", "127.0.0.1"],
        vec!["127.0.0.1", "8.8.8.8"],
        vec!["::ffff:127.0.0.1"],
        vec!["64:ff9b::127.0.0.1"],
        vec!["169.254.169.254"],
        vec!["10.0.0.1"],
        vec!["::1"],
    ];
    for lead in leads {
        let addresses = lead.iter().map(|ip| ip.parse().expect("an address")).collect();
        let outbound = wary(&server, Leads(addresses));
        for name in ["rebound.example", "localhost", "metadata.google.internal"] {
            let fault = outbound.send(call(server.under(name))).await.expect_err("inside");
            assert_eq!(
                (fault.kind, fault.effect),
                (Kind::AddressForbidden, Effect::None),
                "{lead:?}"
            );
            assert!(lead.iter().all(|ip| !fault.user.contains(ip)), "{}", fault.user);
        }
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_literal_address_inside_is_not_called() {
    let server = Server::new(|stream| Box::pin(say(stream, FINE))).await;
    let outbound = wary(&server, Leads(Vec::new()));
    for host in ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "0177.1", "[::ffff:7f00:1]", "0"]
    {
        let fault = outbound.send(call(server.under(host))).await.expect_err("inside");
        assert_eq!(fault.kind, Kind::AddressForbidden, "{host}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_host_that_the_operator_named_is_called_and_its_neighbours_are_not() {
    let server = Server::new(|stream| Box::pin(say(stream, FINE))).await;
    let other = Server::new(|stream| Box::pin(say(stream, FINE))).await;
    let outbound = trusting(&server, limits(), &clock());
    let answer = outbound.send(call(server.url())).await.expect("answers");
    assert_eq!(&answer.body[..], b"fine");
    assert!(outbound.send(call(other.url())).await.is_err());
    assert_eq!((server.connections(), other.connections()), (1, 0));
    let both = outbound.trusting(&other.url());
    both.send(call(other.url())).await.expect("answers");
    assert!(outbound.send(call(other.url())).await.is_err(), "the first one trusts as before");
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    const AWAY: &str = "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\n\
                        content-length: 0\r\nconnection: close\r\n\r\n";
    let server = Server::new(|stream| Box::pin(say(stream, AWAY))).await;
    let outbound = trusting(&server, limits(), &clock());
    let fault = outbound.send(call(server.url())).await.expect_err("a redirect");
    assert_eq!(fault.kind, Kind::Redirected);
    assert!(fault.operator.contains("302") && !fault.operator.contains("169.254"), "{fault}");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn an_address_can_be_asked_about_before_it_is_kept() {
    let server = Server::new(|stream| Box::pin(say(stream, FINE))).await;
    let outbound = wary(&server, Leads(Vec::new()));
    assert!(outbound.admits(&server.under("hooks.example.com")).is_ok());
    let inside = Url::parse("https://user:word@10.0.0.1/").expect("an address");
    assert_eq!(outbound.admits(&inside).map_err(|fault| fault.kind), Err(Kind::AddressInvalid));
    assert_eq!(server.connections(), 0);
}
