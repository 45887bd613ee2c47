//! Who sends a request, as far as the connection and believed proxies tell: address, scheme, host, request id.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use boot::listen::Encrypted;
use http::{HeaderMap, HeaderName, header, request::Parts};
use kernel::{Clock, Code};

use crate::{config::Network, problem::Problem, tenancy::HostName};

/// Names a request in logs, audit rows and answers.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The host that a believed proxy was asked for.
const FORWARDED_HOST: &str = "x-forwarded-host";

/// How the caller reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear, as in development.
    Http,
    /// Over TLS, which a believed proxy or this process ended.
    Https,
}

/// The sender of a request; stands among the extensions of every request that reaches a handler.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) ip: IpAddr,
    pub(crate) scheme: Scheme,
    /// The authority as the caller wrote it, with its port; for comparison with `Origin`.
    pub(crate) authority: Option<String>,
    pub(crate) host: Option<HostName>,
    pub(crate) request_id: String,
    pub(crate) user_agent: Option<String>,
}

impl Client {
    /// Reads who sends. The id is always there, for the refusal needs it too.
    pub(crate) fn read(
        parts: &Parts,
        proxies: &[Network],
        clock: &Clock,
    ) -> (Self, Result<(), Problem>) {
        let headers = &parts.headers;
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        // Without a connection (a test's router) the sender is this machine.
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip());
        let peer = peer.to_canonical();
        let is_proxy = proxies.iter().any(|proxy| proxy.contains(peer));
        let forwarded = |name: &str| is_proxy.then(|| sole(headers, name)).flatten();
        let named = match is_proxy && headers.contains_key(FORWARDED_HOST) {
            // Which of several the proxy wrote, and which the caller, nobody knows.
            true => sole(headers, FORWARDED_HOST).map(Some).ok_or_else(bad_host),
            false => Ok(None),
        };
        let authority = named.and_then(|named| authority(parts, named));
        let host = authority
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|authority| authority.as_deref().map(parse_host).transpose());
        let https = parts.extensions.get::<Encrypted>().is_some()
            || forwarded("x-forwarded-proto").is_some_and(|proto| proto == "https");
        let client = Self {
            ip: if is_proxy { sender(headers, peer, proxies) } else { peer },
            scheme: if https { Scheme::Https } else { Scheme::Http },
            authority: authority.ok().flatten(),
            host: host.as_ref().ok().cloned().flatten(),
            request_id: request_id(headers, clock),
            user_agent: sole(headers, "user-agent").map(|text| shorten(&text)),
        };
        (client, host.map(|_| ()))
    }
}

/// The last address that no believed proxy has: those before it are hearsay.
fn sender(headers: &HeaderMap, peer: IpAddr, proxies: &[Network]) -> IpAddr {
    let mut sender = peer;
    let lists = headers.get_all("x-forwarded-for").iter();
    let lists: Vec<&str> = lists.filter_map(|list| list.to_str().ok()).collect();
    for hop in lists.iter().rev().flat_map(|list| list.rsplit(',')) {
        let Ok(hop) = hop.trim().parse::<IpAddr>() else {
            break;
        };
        sender = hop.to_canonical();
        if !proxies.iter().any(|proxy| proxy.contains(sender)) {
            break;
        }
    }
    sender
}

fn authority(parts: &Parts, forwarded: Option<String>) -> Result<Option<String>, Problem> {
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    let (host, second) = (hosts.next(), hosts.next());
    if second.is_some() {
        return Err(bad_host());
    }
    let host = host.map(|host| host.to_str().map_err(|_| bad_host())).transpose()?;
    let authority = parts.uri.authority().map(http::uri::Authority::as_str);
    if let (Some(host), Some(authority)) = (host, authority)
        && !host.eq_ignore_ascii_case(authority)
    {
        return Err(bad_host());
    }
    Ok(forwarded.or_else(|| authority.or(host).map(str::to_owned)))
}

fn parse_host(text: &str) -> Result<HostName, Problem> {
    HostName::parse(text).map_err(|_| bad_host())
}

fn bad_host() -> Problem {
    let detail = "The request must name one host, in its ASCII form.";
    Problem::new(Code::Invalid, "bad_host", detail)
}

/// The caller's own id where it can stand in a log line as it is, else a new one.
fn request_id(headers: &HeaderMap, clock: &Clock) -> String {
    let is_sane = |id: &String| {
        (8..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    sole(headers, REQUEST_ID.as_str())
        .filter(is_sane)
        .unwrap_or_else(|| clock.new_id::<uuid::Uuid>().to_string())
}

/// The text of a header that stands exactly once.
pub(crate) fn sole(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().map(str::to_owned),
        _ => None,
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(256).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn read(peer: &str, headers: &[(&str, &str)]) -> (Client, Result<(), Problem>) {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).expect("request").into_parts();
        let peer: SocketAddr = peer.parse().expect("address");
        parts.extensions.insert(ConnectInfo(peer));
        let proxies = ["10.0.0.0/8".parse().expect("network")];
        Client::read(&parts, &proxies, &Clock::system())
    }

    fn ip(peer: &str, forwarded: &[&str]) -> String {
        let headers: Vec<_> = forwarded.iter().map(|v| ("x-forwarded-for", *v)).collect();
        read(peer, &headers).0.ip.to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_its_address() {
        assert_eq!(ip("8.8.8.8:1", &["1.2.3.4"]), "8.8.8.8");
        let spoofed = [("x-forwarded-proto", "https"), ("x-forwarded-host", "evil"), ("host", "a")];
        let (client, sound) = read("8.8.8.8:1", &spoofed);
        assert!(sound.is_ok());
        assert_eq!((client.scheme, client.authority.as_deref()), (Scheme::Http, Some("a")));
    }

    #[test]
    fn behind_believed_proxies_the_last_stranger_counts() {
        assert_eq!(ip("10.0.0.1:1", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(ip("10.0.0.1:1", &["6.6.6.6, 1.2.3.4, 10.0.0.2"]), "1.2.3.4");
        assert_eq!(ip("10.0.0.1:1", &["6.6.6.6", "1.2.3.4"]), "1.2.3.4");
        assert_eq!(ip("10.0.0.1:1", &["1.2.3.4, rubbish"]), "10.0.0.1");
        assert_eq!(ip("10.0.0.1:1", &[]), "10.0.0.1");
        assert_eq!(ip("[::ffff:10.0.0.1]:1", &["1.2.3.4"]), "1.2.3.4");
    }

    #[test]
    fn two_hosts_or_a_host_that_is_none_are_refused() {
        for headers in [
            &[("host", "a.example"), ("host", "b.example")][..],
            &[("host", "a.example"), ("host", "a.example")][..],
            &[("host", "a.example,b.example")][..],
            &[("host", "")][..],
        ] {
            let refusal = read("8.8.8.8:1", headers).1.expect_err("refused");
            assert_eq!(refusal.reason(), "bad_host");
        }
    }

    #[test]
    fn only_a_sane_request_id_is_taken_over() {
        let id = |value| read("8.8.8.8:1", &[("x-request-id", value)]).0.request_id;
        assert_eq!(id("0192f0c1-2b3c"), "0192f0c1-2b3c");
        let long = "a".repeat(65);
        for bad in ["short", "with space", "new\tline-line", long.as_str(), "${jndi:ldap}"] {
            assert_eq!(id(bad).len(), 36, "{bad} must be replaced");
        }
    }
}
