//! What the gateway is told from outside: its base domain, whom it trusts, how much it lets through.

use std::{net::IpAddr, str::FromStr};

use boot::SecretArg;

use crate::{cors::AllowedOrigin, well_known::SecurityContact};

/// The gateway's options. Each field is a flag and an environment variable.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct Config {
    /// Domain below which every tenant has a host of its own, as `<slug>.<base domain>`.
    #[arg(long, env = "USHER_BASE_DOMAIN", value_name = "DOMAIN", default_value = "localhost")]
    pub base_domain: BaseDomain,

    /// Proxies whose `X-Forwarded-For`, `-Host` and `-Proto` are believed: addresses or networks
    /// such as 10.0.0.0/8, separated by commas. Unless given, nobody's are.
    #[arg(long, env = "USHER_TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',')]
    pub trusted_proxies: Vec<Network>,

    /// Sign-ins a minute from one address: slows the guessing of passwords. 0 lifts the limit.
    #[arg(long, env = "USHER_LIMIT_LOGIN", value_name = "PER_MINUTE", default_value_t = 10)]
    pub limit_login: u32,

    /// Invitations a minute of one tenant and from one address: bounds the mail we can be made
    /// to send. 0 lifts the limit.
    #[arg(long, env = "USHER_LIMIT_INVITE", value_name = "PER_MINUTE", default_value_t = 600)]
    pub limit_invite: u32,

    /// Openings and acceptances of invitation links a minute from one address: slows the guessing
    /// of links. 0 lifts the limit.
    #[arg(long, env = "USHER_LIMIT_ACCEPT", value_name = "PER_MINUTE", default_value_t = 120)]
    pub limit_accept: u32,

    /// Other changes a minute of one tenant and from one address. 0 lifts the limit.
    #[arg(long, env = "USHER_LIMIT_WRITE", value_name = "PER_MINUTE", default_value_t = 1200)]
    pub limit_write: u32,

    /// Reads a minute of one tenant and from one address. 0 lifts the limit.
    #[arg(long, env = "USHER_LIMIT_READ", value_name = "PER_MINUTE", default_value_t = 6000)]
    pub limit_read: u32,

    /// How much of its tenant's limits one person or key may use, in hundredths. 0 lifts the limit.
    #[arg(long, env = "USHER_LIMIT_PERSON_PERCENT", value_name = "PERCENT", default_value_t = 50,
          value_parser = clap::value_parser!(u32).range(0..=100))]
    pub limit_person_percent: u32,

    /// Origins whose pages may read the API from a browser: `https://app.example.com` for every tenant, or
    /// `acme=https://portal.acme.example` for the one with this slug.
    #[arg(long, env = "USHER_CORS_ORIGINS", value_name = "ORIGINS", value_delimiter = ',')]
    pub cors_origins: Vec<AllowedOrigin>,

    /// Refuse everybody but operators, who may sign in and work. `usher maintenance on` does so without a restart.
    #[arg(long, env = "USHER_MAINTENANCE")]
    pub maintenance: bool,

    /// Where finders of weaknesses may write to, for /.well-known/security.txt: a mailto: or https: address. Unless given,
    /// there is no such file.
    #[arg(long, env = "USHER_SECURITY_CONTACT", value_name = "URI")]
    pub security_contact: Option<SecurityContact>,

    /// Programs that may sign calls about events, access and groups, and their keys: `bff=KEY`, twice for two keys while one
    /// takes the other's place. A key has 32 characters or more.
    #[arg(long, env = "USHER_SIGNED_CALLERS", value_name = "NAME=KEY,…", hide_env_values = true)]
    pub signed_callers: Option<SecretArg>,

    /// Take calls signed in the old form too, whose tenant, person, flags and query are not signed and can be altered on the
    /// way.
    #[arg(long, env = "USHER_OLD_SIGNATURES")]
    pub old_signatures: bool,

    /// Streams that one caller may hold open in one gateway. 0 lifts the limit.
    #[arg(long, env = "USHER_STREAMS_PER_CALLER", value_name = "NUMBER", default_value_t = 100)]
    pub streams_per_caller: u32,

    /// Streams that one gateway holds open in all. 0 lifts the limit.
    #[arg(long, env = "USHER_STREAMS", value_name = "NUMBER", default_value_t = 10_000)]
    pub streams: u32,
}

/// The defaults, without a look at the environment.
impl Default for Config {
    fn default() -> Self {
        Self {
            base_domain: BaseDomain("localhost".into()),
            trusted_proxies: Vec::new(),
            limit_login: 10,
            limit_invite: 600,
            limit_accept: 120,
            limit_write: 1200,
            limit_read: 6000,
            limit_person_percent: 50,
            cors_origins: Vec::new(),
            maintenance: false,
            security_contact: None,
            signed_callers: None,
            old_signatures: false,
            streams_per_caller: 100,
            streams: 10_000,
        }
    }
}

/// A domain in its one spelling: lower case, without port and trailing dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseDomain(String);

impl BaseDomain {
    /// The domain.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BaseDomain {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match crate::tenancy::HostName::parse(text) {
            Ok(host) if !host.is_address() && host.as_str() == text => Ok(Self(text.into())),
            _ => Err("give a domain in lower case without port, such as usher.example.com"),
        }
    }
}

/// A network of addresses, as `address` or `address/prefix length`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    length: u8,
}

impl Network {
    /// Whether the address lies in this network; an IPv4 address mapped into IPv6 is IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differ = u32::from(network) ^ u32::from(address);
                differ.leading_zeros() >= u32::from(self.length)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differ = u128::from(network) ^ u128::from(address);
                differ.leading_zeros() >= u32::from(self.length)
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let problem = "give an address or a network, such as 10.0.0.0/8";
        let (address, length) = match text.split_once('/') {
            None => (text, None),
            Some((address, length)) => (address, Some(length)),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| problem)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length =
            length.map_or(Ok(most), |length| length.trim().parse().map_err(|_| problem))?;
        if length > most {
            return Err(problem);
        }
        Ok(Self { address, length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        gateway: Config,
    }

    #[test]
    fn the_defaults_are_those_of_the_command_line() {
        let parsed = Cli::parse_from(["usher"]).gateway;
        assert_eq!(format!("{parsed:?}"), format!("{:?}", Config::default()));
        let args = ["usher", "--trusted-proxies", "10.0.0.0/8,::1", "--limit-invite", "0"];
        let parsed = Cli::parse_from(args).gateway;
        assert_eq!((parsed.trusted_proxies.len(), parsed.limit_invite), (2, 0));
    }

    #[test]
    fn a_network_holds_its_own_addresses_and_no_others() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.1.2", "11.0.0.1"),
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("0.0.0.0/0", "8.8.8.8", "::1"),
            ("fd00::/8", "fd12::1", "fe80::1"),
            ("10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:11.0.0.1"),
        ] {
            let parsed: Network = network.parse().expect("network");
            assert!(parsed.contains(inside.parse().expect("ip")), "{inside} in {network}");
            assert!(!parsed.contains(outside.parse().expect("ip")), "{outside} not in {network}");
        }
    }

    #[test]
    fn malformed_networks_and_domains_are_refused() {
        for text in ["", "10.0.0.0/33", "::/129", "ten", "10.0.0.0/-1", "10.0.0.0/8/8"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        for text in ["", "Example.com", "example.com.", "example.com:80", "10.0.0.1", "a b"] {
            assert!(text.parse::<BaseDomain>().is_err(), "{text}");
        }
        assert!("usher.example.com".parse::<BaseDomain>().is_ok());
    }
}
