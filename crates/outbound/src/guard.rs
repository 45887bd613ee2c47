//! Which addresses may be called at all: decided on the address as parsed, before any name is asked for.

use std::{collections::BTreeSet, net::IpAddr};

use reqwest::Url;
use url::Host;

use crate::{Fault, Kind, address::is_public};

kernel::closed_set! {
    /// Where a call goes.
    pub enum Reach {
        /// To a public address of the internet.
        Public = "public",
        /// To a host that the operator has named, wherever it is.
        Trusted = "trusted",
    }
}

/// A host that may be called although its address is inside: a backend of the operator, a stand-in of development.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    host: Host<String>,
    /// One port only, or every allowed one.
    port: Option<u16>,
}

impl Trusted {
    /// Reads `NAME` or `NAME:PORT`, where the name may be an address.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence that begins with the setting's name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "must be NAME or NAME:PORT, such as backend.internal:8000".to_owned();
        let text = text.trim();
        if text.contains(['/', '@', '?', '#', '\\']) {
            return Err(wrong());
        }
        // A port that a scheme implies is left out by the parser: this scheme implies none.
        let port = match text.rsplit_once(':') {
            Some((_, port)) if !port.ends_with(']') => Some(port.parse().map_err(|_| wrong())?),
            _ => None,
        };
        let url = Url::parse(&format!("http://{text}/")).map_err(|_| wrong())?;
        let host = url.host().map(own).ok_or_else(wrong)?;
        Ok(Self { host, port })
    }

    /// The host and port of an address; none where it has no host.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        Some(Self { host: url.host().map(own)?, port: url.port_or_known_default() })
    }

    fn covers(&self, host: &Host<String>, port: u16) -> bool {
        self.host == *host && self.port.is_none_or(|only| only == port)
    }
}

/// Where a call goes, once it may.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) reach: Reach,
}

/// What the operator has allowed.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    pub(crate) trusted: Vec<Trusted>,
    pub(crate) ports: BTreeSet<u16>,
}

impl Guard {
    /// Where `url` leads, if it may be called. A name that leads inside is found out when it is resolved.
    pub(crate) fn admit(&self, url: &Url) -> Result<Target, Fault> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid("only http and https addresses are called"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("an address must not hold a user's name or a password"));
        }
        let host = url.host().map(own).ok_or_else(|| invalid("the address names no host"))?;
        let port = url.port_or_known_default().ok_or_else(|| invalid("the address has no port"))?;
        let target = |reach| Target { host: host.to_string(), port, reach };
        if self.trusted.iter().any(|trusted| trusted.covers(&host, port)) {
            return Ok(target(Reach::Trusted));
        }
        if !self.ports.contains(&port) {
            let allowed: Vec<_> = self.ports.iter().map(u16::to_string).collect();
            return Err(invalid(&format!("port {port} is not one of {}", allowed.join(", "))));
        }
        match host {
            Host::Ipv4(v4) if !is_public(v4.into()) => Err(inside(v4.into())),
            Host::Ipv6(v6) if !is_public(v6.into()) => Err(inside(v6.into())),
            _ => Ok(target(Reach::Public)),
        }
    }
}

/// The refusal of an address that is not public; its user is not told what stands there.
pub(crate) fn inside(address: IpAddr) -> Fault {
    Fault::new(
        Kind::AddressForbidden,
        "The address is not a public one; only public addresses are called.",
        format!(
            "The address leads to {address}, which is not public; a host of your own has to be named in \
             USHER_OUTBOUND_TRUSTED_HOSTS."
        ),
    )
}

fn invalid(problem: &str) -> Fault {
    let user = format!("The address cannot be called: {problem}.");
    Fault::new(Kind::AddressInvalid, user.clone(), user)
}

/// The name without the dot of the root, so that no spelling is taken for another host.
fn own(host: Host<&str>) -> Host<String> {
    match host {
        Host::Domain(name) => Host::Domain(name.strip_suffix('.').unwrap_or(name).to_owned()),
        Host::Ipv4(v4) => Host::Ipv4(v4),
        Host::Ipv6(v6) => Host::Ipv6(v6),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn guard(trusted: &[&str]) -> Guard {
        let trusted = trusted.iter().map(|text| Trusted::parse(text).expect("good")).collect();
        Guard { trusted, ports: [80, 443, 8443].into() }
    }

    fn admit(guard: &Guard, url: &str) -> Result<Reach, Kind> {
        let url = Url::parse(url).map_err(|_| Kind::AddressInvalid)?;
        guard.admit(&url).map(|target| target.reach).map_err(|fault| fault.kind)
    }

    #[test]
    fn public_hosts_are_called_on_the_allowed_ports() {
        let guard = guard(&[]);
        for url in
            ["https://api.telegram.org/bot", "http://8.8.8.8", "https://[2606:4700::1111]:8443/x"]
        {
            assert_eq!(admit(&guard, url), Ok(Reach::Public), "{url}");
        }
        for url in [
            "https://api.telegram.org:22/",
            "http://example.com:6379/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://example.com/",
            "data:text/plain,hello",
            "https://user@example.com/",
            "https://user:word@example.com/",
            "https://:word@example.com/",
        ] {
            assert_eq!(admit(&guard, url), Err(Kind::AddressInvalid), "{url}");
        }
    }

    #[test]
    fn an_address_inside_is_refused_in_every_spelling() {
        let guard = guard(&[]);
        for host in [
            "127.0.0.1",
            "127.0.0.1.",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0X7F.0x0.0.0x1",
            "017700000001",
            "0177.0.0.01",
            "0",
            "0.0",
            "00000",
            "%31%32%37.0.0.1",
            "１２７.０.０.１",
            "①②⑦.⓪.⓪.①",
            "127。0。0。1",
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "0251.0376.0251.0376",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:ffff:a9fe:a9fe]",
            "[::127.0.0.1]",
            "[64:ff9b::169.254.169.254]",
            "[2002:7f00:1::]",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "10.0.0.1",
            "10.1",
            "167772161",
            "100.64.0.1",
            "192.168.0.1",
            "255.255.255.255",
            "224.0.0.251",
        ] {
            let url = format!("http://{host}/latest/meta-data");
            assert_eq!(admit(&guard, &url), Err(Kind::AddressForbidden), "{url}");
        }
    }

    #[test]
    fn a_named_host_is_trusted_on_its_port_only() {
        let guard = guard(&["backend.internal:8000", "127.0.0.1", "[::1]:9000"]);
        for url in [
            "http://backend.internal:8000/api",
            "http://BACKEND.internal.:8000/api",
            "http://127.0.0.1/",
            "http://2130706433:12345/",
            "http://[0::1]:9000/",
        ] {
            assert_eq!(admit(&guard, url), Ok(Reach::Trusted), "{url}");
        }
        assert_eq!(admit(&guard, "http://backend.internal/"), Ok(Reach::Public), "port 80");
        assert_eq!(admit(&guard, "http://backend.internal:22/"), Err(Kind::AddressInvalid));
        assert_eq!(admit(&guard, "http://[::1]/"), Err(Kind::AddressForbidden));
        assert_eq!(admit(&guard, "http://127.0.0.2/"), Err(Kind::AddressForbidden));
        assert_eq!(admit(&guard, "http://u:p@127.0.0.1/"), Err(Kind::AddressInvalid));
    }

    #[test]
    fn a_trusted_host_is_a_name_with_or_without_a_port() {
        for text in ["a", "a.b:80", "10.0.0.1:443", "[::1]", "[::1]:80"] {
            assert!(Trusted::parse(text).is_ok(), "{text}");
        }
        for text in ["", ":80", "a:b", "a:99999", "http://a", "a/b", "u@a", "a b"] {
            assert!(Trusted::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_user_is_not_told_what_stands_inside() {
        let url = Url::parse("http://10.1.2.3/").expect("an address");
        let fault = guard(&[]).admit(&url).expect_err("inside");
        assert!(!fault.user.contains("10.1.2.3") && fault.operator.contains("10.1.2.3"));
    }

    /// The ways in which the parts of an IPv4 address may be written.
    fn spelled(part: u32, way: u8) -> String {
        match way % 4 {
            0 => format!("0x{part:x}"),
            1 => format!("0{part:o}"),
            2 => format!("0X{part:08X}"),
            _ => part.to_string(),
        }
    }

    proptest! {
        #[test]
        fn no_spelling_changes_where_an_address_leads(bits: u32, ways: [u8; 4], parts in 1..=4_u32) {
            let bytes = bits.to_be_bytes().map(u32::from);
            let kept = (parts - 1) as usize;
            let rest = if kept == 0 { bits } else { bits & (u32::MAX >> (8 * kept)) };
            let mut written: Vec<_> = (0..kept).map(|at| spelled(bytes[at], ways[at])).collect();
            written.push(spelled(rest, ways[3]));
            let expected = if is_public(IpAddr::from(bits.to_be_bytes())) {
                Ok(Reach::Public)
            } else {
                Err(Kind::AddressForbidden)
            };
            let url = format!("http://{}/", written.join("."));
            prop_assert_eq!(admit(&guard(&[]), &url), expected, "{}", url);
        }

        #[test]
        fn no_text_is_taken_for_a_trusted_host_by_mistake(text in "[a-z0-9.:@/\\\\#?%\\[\\]-]{0,40}") {
            let guard = guard(&["backend.internal:8000"]);
            if let Ok(Reach::Trusted) = admit(&guard, &format!("http://{text}")) {
                let url = Url::parse(&format!("http://{text}")).expect("parsed before");
                prop_assert_eq!(url.host_str().map(|host| host.trim_end_matches('.')), Some("backend.internal"));
                prop_assert_eq!(url.port(), Some(8000));
            }
        }
    }
}
