//! The host a request was sent to, in one spelling.

use std::net::{IpAddr, Ipv6Addr};

/// A text that names no host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the Host header does not name a host")]
pub(crate) struct BadHost;

/// A host: lower case, without port and trailing dot; only the ASCII form of an international name is one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct HostName(String);

impl HostName {
    /// Reads a `Host` header or an authority.
    pub(crate) fn parse(text: &str) -> Result<Self, BadHost> {
        if let Some(rest) = text.strip_prefix('[') {
            let (address, rest) = rest.split_once(']').ok_or(BadHost)?;
            let address: Ipv6Addr = address.parse().map_err(|_| BadHost)?;
            return match rest.strip_prefix(':') {
                Some(port) if is_port(port) => Ok(Self(address.to_string())),
                None if rest.is_empty() => Ok(Self(address.to_string())),
                _ => Err(BadHost),
            };
        }
        let name = match text.split_once(':') {
            Some((name, port)) if is_port(port) => name,
            Some(_) => return Err(BadHost),
            None => text,
        };
        let name = name.strip_suffix('.').unwrap_or(name);
        if name.is_empty() || name.len() > 253 || !name.split('.').all(is_label) {
            return Err(BadHost);
        }
        Ok(Self(name.to_ascii_lowercase()))
    }

    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is an address and not a name; also the short forms of IPv4 that some resolvers read.
    pub(crate) fn is_address(&self) -> bool {
        let last = self.0.rsplit('.').next().unwrap_or_default();
        self.0.parse::<IpAddr>().is_ok()
            || last.bytes().all(|b| b.is_ascii_digit())
            || last.starts_with("0x")
    }

    /// Whether it is one word, as machines of one network call each other.
    pub(crate) fn is_single_label(&self) -> bool {
        !self.0.contains('.')
    }
}

fn is_port(text: &str) -> bool {
    text.len() <= 5 && text.parse::<u16>().is_ok() && !text.starts_with('+')
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_spelling_of_a_host_becomes_one() {
        for text in [
            "acme.localhost",
            "ACME.LocalHost",
            "acme.localhost.",
            "acme.localhost:8080",
            "Acme.localhost.:443",
        ] {
            assert_eq!(HostName::parse(text).expect(text).as_str(), "acme.localhost");
        }
        assert_eq!(HostName::parse("[::1]:80").expect("ipv6").as_str(), "::1");
        let ascii = HostName::parse("XN--80AKHBYKNJ4F.example").expect("idn");
        assert_eq!(ascii.as_str(), "xn--80akhbyknj4f.example");
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in [
            "",
            ".",
            ":80",
            "acme..localhost",
            ".acme.localhost",
            "acme.localhost..",
            "acme.localhost:",
            "acme.localhost:99999",
            "acme.localhost:+80",
            "acme.localhost:80:80",
            "user@acme.localhost",
            "acme.localhost/x",
            "acme localhost",
            " acme.localhost",
            "acme.localhost ",
            "acme.localhost,evil.localhost",
            "acme%2elocalhost",
            "аcme.localhost",
            "acme。localhost",
            "-acme.localhost",
            "acme-.localhost",
            "acme\0.localhost",
            "[::1",
            "[acme]",
            "[::1]x",
        ] {
            assert!(HostName::parse(text).is_err(), "{text:?} must be refused");
        }
        assert!(HostName::parse(&"a".repeat(64)).is_err());
        assert!(HostName::parse(&vec!["aaaa"; 60].join(".")).is_err());
    }

    #[test]
    fn addresses_are_told_from_names() {
        for text in ["127.0.0.1", "127.1", "0x7f.0x1", "[::1]", "2130706433"] {
            assert!(HostName::parse(text).expect(text).is_address(), "{text}");
        }
        assert!(!HostName::parse("127.example").expect("name").is_address());
    }

    proptest! {
        #[test]
        fn reading_a_host_never_panics_and_is_stable(text in ".{0,60}") {
            if let Ok(host) = HostName::parse(&text) && !host.is_address() {
                prop_assert_eq!(HostName::parse(host.as_str()), Ok(host));
            }
        }
    }
}
