//! Sources that are not served, and when the platform bans one by itself.

use std::{net::IpAddr, time::Duration};

use kernel::{Email, Timestamp};
use uuid::Uuid;

/// For how long refusals are counted together.
pub(crate) const REFUSALS_WITHIN: Duration = Duration::from_secs(3_600);
/// An automatic ban after a former one that ended less than this ago is longer.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3_600);
/// The first automatic ban.
const FIRST: Duration = Duration::from_secs(3_600);
/// The longest automatic ban.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);
/// Where people of ours have signed in from, so many times more refusals are stood: many may stand behind one address.
const KNOWN: i32 = 10;
/// Longest time of a ban that ends by itself.
const LONGEST_TTL: i64 = 366 * 24 * 3_600;
/// Fewest leading bits of a network that can be banned, so that a slip bans no continent.
const FEWEST_BITS: (u8, u8) = (8, 24);

kernel::closed_set! {
    /// What a ban is about.
    pub(crate) enum BanKind {
        /// A network, refused at the gateway.
        Network = "network",
        /// A domain of addresses, refused on signing up.
        Domain = "domain",
    }
}

/// A ban as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ban {
    pub(crate) ban_id: Uuid,
    pub(crate) kind: BanKind,
    pub(crate) source: String,
    pub(crate) reason: String,
    pub(crate) automatic: bool,
    pub(crate) strikes: i32,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
    pub(crate) expires_at: Option<Timestamp>,
}

impl Ban {
    /// Whether it holds at `now`.
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// What somebody wants banned, in its one spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BannedSource {
    /// A network: its first address, and how many leading bits are its own.
    Network(IpAddr, u8),
    /// A domain and all below it.
    Domain(String),
}

impl BannedSource {
    /// Reads an address, a network, or a domain with or without an `@`. An IPv6 address stands for the network of 2^64
    /// addresses that one subscriber has.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        const BAD: &str = "is neither an address, nor a network such as 192.0.2.0/24, nor a domain";
        let text = text.trim();
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        if let Ok(address) = address.parse::<IpAddr>() {
            let bits = bits.map(|bits| bits.parse().map_err(|_| BAD)).transpose()?;
            return Self::network(address, bits);
        }
        let domain = text.trim_start_matches('@');
        let email = Email::parse(&format!("a@{domain}")).map_err(|_| BAD)?;
        match bits {
            None => Ok(Self::Domain(email.domain().to_owned())),
            Some(_) => Err(BAD),
        }
    }

    /// The network that stands behind an address: what one subscriber has. None for an address that no subscriber of the
    /// internet has: a proxy that nobody told us of stands there, and everybody behind it.
    pub(crate) fn of_subscriber(address: &str) -> Option<Self> {
        let address: IpAddr = address.parse().ok()?;
        let is_inside = match address.to_canonical() {
            IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
            IpAddr::V6(ip) => {
                ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
            }
        };
        if is_inside { None } else { Self::network(address, None).ok() }
    }

    fn network(address: IpAddr, bits: Option<u8>) -> Result<Self, &'static str> {
        const WIDE: &str = "is a network of fewer than 8 (IPv4) or 24 (IPv6) leading bits";
        let canonical = address.to_canonical();
        let (most, fewest, usual) = match canonical {
            IpAddr::V4(_) => (32, FEWEST_BITS.0, 32),
            IpAddr::V6(_) => (128, FEWEST_BITS.1, 64),
        };
        // An IPv4 address that is mapped into IPv6 is written with the bits of IPv6.
        let mapped = if canonical == address { 0 } else { 96 };
        let bits = bits.map_or(Some(usual), |bits| bits.checked_sub(mapped)).ok_or(WIDE)?;
        if bits > most {
            return Err("has more leading bits than its kind of address");
        }
        if bits < fewest {
            return Err(WIDE);
        }
        Ok(Self::Network(first(canonical, bits), bits))
    }

    /// What it is.
    pub(crate) const fn kind(&self) -> BanKind {
        match self {
            Self::Network(..) => BanKind::Network,
            Self::Domain(_) => BanKind::Domain,
        }
    }

    /// Its one spelling.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Network(address, bits) => format!("{address}/{bits}"),
            Self::Domain(domain) => domain.clone(),
        }
    }

    /// Whether this address lies in the network.
    pub(crate) fn holds(&self, address: Option<&str>) -> bool {
        let address = address.and_then(|text| text.parse::<IpAddr>().ok());
        match (self, address.map(|address| address.to_canonical())) {
            (Self::Network(network, bits), Some(address)) => {
                network.is_ipv4() == address.is_ipv4() && first(address, *bits) == *network
            }
            _ => false,
        }
    }
}

/// The first address of the network of so many leading bits.
fn first(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::V4((u32::from(address) & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6((u128::from(address) & mask).into())
        }
    }
}

/// How long a ban holds that somebody asks for; no end for nothing.
pub(crate) fn ttl(seconds: i64) -> Result<Option<Duration>, &'static str> {
    match seconds {
        0 => Ok(None),
        1..=LONGEST_TTL => Ok(u64::try_from(seconds).ok().map(Duration::from_secs)),
        _ => Err("must be 1 to 31,622,400 seconds, or 0 for no end"),
    }
}

/// Why a source is banned: a line for the platform's staff.
pub(crate) fn reason(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let plain = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if plain { Ok(text.to_owned()) } else { Err("must be a line of 1 to 200 characters") }
}

/// Whether so many refusals within the hour ban a source; never where none are named.
pub(crate) const fn is_enough(refused: i32, after: u32, known: bool) -> bool {
    let factor = if known { KNOWN } else { 1 };
    after > 0 && refused >= (after as i32).saturating_mul(factor)
}

/// How long the automatic ban of this number in a row holds.
pub(crate) fn sentence(strikes: i32) -> Duration {
    let doublings = u32::try_from(strikes.saturating_sub(1)).unwrap_or(0);
    FIRST.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(source: &str) -> Result<String, &'static str> {
        BannedSource::parse(source).map(|source| source.text())
    }

    #[test]
    fn a_source_has_one_spelling() {
        for (given, kept) in [
            ("192.0.2.7", "192.0.2.7/32"),
            (" 192.0.2.7/24 ", "192.0.2.0/24"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("::ffff:192.0.2.7/120", "192.0.2.0/24"),
            ("2001:DB8:1:2:3::4", "2001:db8:1:2::/64"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("2001:db8::1/128", "2001:db8::1/128"),
            ("@Spam.Example", "spam.example"),
        ] {
            assert_eq!(text(given).as_deref(), Ok(kept), "{given}");
        }
    }

    #[test]
    fn what_is_no_source_or_too_much_of_the_world_is_refused() {
        for bad in [
            "",
            "0.0.0.0/0",
            "10.0.0.0/7",
            "::/0",
            "2001::/16",
            "::ffff:0.0.0.0/96",
            "::ffff:1.2.3.4/24",
            "192.0.2.7/33",
            "2001:db8::/129",
            "192.0.2.7/x",
            "192.0.2",
            "nowhere",
            "spam.example/24",
            "a b.example",
        ] {
            assert!(text(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        let holds = |network: &str, address: &str| {
            BannedSource::parse(network).expect("a network").holds(Some(address))
        };
        assert!(holds("192.0.2.0/24", "192.0.2.255") && !holds("192.0.2.0/24", "192.0.3.0"));
        assert!(holds("192.0.2.0/24", "::ffff:192.0.2.1"));
        assert!(holds("2001:db8::1", "2001:db8::ffff") && !holds("2001:db8::1", "2001:db8:0:1::1"));
        assert!(!holds("192.0.2.0/24", "rubbish"));
        assert!(!BannedSource::parse("spam.example").expect("a domain").holds(Some("192.0.2.1")));
    }

    #[test]
    fn each_automatic_ban_in_a_row_is_twice_as_long_up_to_a_day() {
        let hours: Vec<u64> = (1..=7).map(|n| sentence(n).as_secs() / 3_600).collect();
        assert_eq!(hours, [1, 2, 4, 8, 16, 24, 24]);
        assert_eq!(sentence(i32::MAX), LONGEST);
    }

    #[test]
    fn where_people_of_ours_sit_more_is_stood_and_where_none_are_named_nothing_bans() {
        assert!(is_enough(100, 100, false) && !is_enough(99, 100, false));
        assert!(is_enough(1_000, 100, true) && !is_enough(999, 100, true));
        assert!(!is_enough(i32::MAX, 0, false));
    }

    #[test]
    fn reasons_and_ends_are_bounded() {
        assert_eq!(ttl(0), Ok(None));
        assert_eq!(ttl(60), Ok(Some(Duration::from_secs(60))));
        assert!(ttl(-1).is_err() && ttl(LONGEST_TTL + 1).is_err());
        assert_eq!(reason(" spam "), Ok("spam".into()));
        for bad in ["", "  ", "two\nlines", &"x".repeat(201)] {
            assert!(reason(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn nobody_stands_behind_an_address_inside() {
        for inside in
            ["127.0.0.1", "10.1.2.3", "192.168.0.9", "::1", "fd00::1", "fe80::1", "::ffff:10.0.0.1"]
        {
            assert!(BannedSource::of_subscriber(inside).is_none(), "{inside}");
        }
        let outside = BannedSource::of_subscriber("192.0.2.7").expect("a subscriber");
        assert!(outside.text().starts_with("192.0.2.7"));
    }
}
