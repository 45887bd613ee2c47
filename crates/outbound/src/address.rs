//! Which addresses are public. Everything else is inside somewhere: here, at a neighbour's, or nowhere.
//!
//! The lists are IANA's registries of special-purpose addresses, read strictly: what is not global unicast for certain
//! is refused. An IPv4 address that travels inside an IPv6 one is judged as the IPv4 address it is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks that are not public, as address and length of the prefix.
const INSIDE_V4: [(Ipv4Addr, u32); 19] = [
    // This network, and "any address" of the machine.
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    // Private, carrier-grade NAT (also metadata of some clouds), loopback.
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local, where most clouds keep their metadata.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    // A public address that means the host's own services in every Azure network.
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    // IETF protocols, documentation, AS112, AMT, the relays of 6to4.
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(192, 175, 48, 0), 24),
    // Benchmarks and documentation.
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast; reserved and broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Networks within global unicast (2000::/3) that are not public all the same.
const INSIDE_V6: [(Ipv6Addr, u32); 5] = [
    // IETF protocols: Teredo, benchmarks, ORCHID, AMT and more.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    // Documentation, twice.
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    // 6to4, which carries any IPv4 address.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    // The former 6bone.
    (Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0), 16),
];

/// The IPv4 address where the IPv6 address is only another way of writing it (mapped, or NAT64's well-known prefix, by
/// which networks without IPv4 reach the rest); else the address itself.
#[must_use]
pub fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let [a, b, c, d, e, f, high, low] = v6.segments();
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => {
            IpAddr::V4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
        }
        _ => address,
    }
}

/// Whether anybody on the internet may be meant by the address.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match canonical(address) {
        IpAddr::V4(v4) => !INSIDE_V4.iter().any(|(net, length)| {
            let shift = 32 - length;
            v4.to_bits() >> shift == net.to_bits() >> shift
        }),
        IpAddr::V6(v6) => {
            let is_unicast = v6.segments()[0] & 0xe000 == 0x2000;
            is_unicast
                && !is_isatap(v6)
                && !INSIDE_V6.iter().any(|(net, length)| {
                    let shift = 128 - length;
                    v6.to_bits() >> shift == net.to_bits() >> shift
                })
        }
    }
}

/// ISATAP: the lower half is `[02]00:5efe` and an IPv4 address that a tunnel would deliver to.
fn is_isatap(v6: Ipv6Addr) -> bool {
    matches!(v6.segments(), [_, _, _, _, 0 | 0x200, 0x5efe, _, _])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().expect(text))
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "149.154.167.220",
            "168.63.129.15",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700:4700::1111",
            "2a00:1450:4010::8b",
            "3ff0::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(public(text), "{text}");
        }
    }

    #[test]
    fn addresses_inside_are_not_public_in_any_form() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            // IPv4-compatible, mapped, translated (SIIT).
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:0:127.0.0.1",
            "::ffff:0:8.8.8.8",
            // NAT64, well-known and local.
            "64:ff9b::10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::8.8.8.8",
            "64:ff9b:0:0:1::8.8.8.8",
            // 6to4, Teredo, ISATAP.
            "2002:7f00:1::1",
            "2002:808:808::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:0::1",
            "2606:4700::5efe:10.0.0.1",
            "2606:4700::200:5efe:10.0.0.1",
            // Discard, SRv6, documentation, benchmarks, ORCHID, unique local, link- and site-local, multicast.
            "100::1",
            "5f00::1",
            "2001:db8::1",
            "3fff::1",
            "2001:2::1",
            "2001:20::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(!public(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_address_is_as_public_in_every_form_that_carries_it(bits: u32) {
            let v4 = Ipv4Addr::from(bits);
            let plain = is_public(v4.into());
            prop_assert_eq!(is_public(v4.to_ipv6_mapped().into()), plain);
            let v4_bits = u128::from(bits);
            let nat64 = (0x0064_ff9b_u128 << 96) | v4_bits;
            prop_assert_eq!(is_public(Ipv6Addr::from(nat64).into()), plain);
            // Tunnels and forms long out of use are refused whatever they carry.
            let teredo = (0x2001_0000_u128 << 96) | (v4_bits ^ 0xffff_ffff);
            for form in [v4_bits, 0xffff_0000_0000_0000 | v4_bits, (0x2002 << 112) | (v4_bits << 80), teredo] {
                prop_assert!(!is_public(Ipv6Addr::from(form).into()));
            }
        }

        #[test]
        fn nothing_outside_global_unicast_is_public_but_the_forms_of_ipv4(bits: u128) {
            let v6 = Ipv6Addr::from(bits);
            if is_public(v6.into()) {
                prop_assert!(v6.segments()[0] >> 13 == 1 || canonical(v6.into()).is_ipv4());
            }
        }
    }
}
