//! Ports for servers that come and go, which must be theirs also while they are away.

use std::{
    net::{Ipv4Addr, TcpListener},
    ops::Range,
};

use uuid::Uuid;

/// Below the ports that Linux lends to outgoing connections: one of those may get the port of a server that is away.
/// Beside those of private NATS servers.
const PORTS: Range<u16> = 12_000..20_000;

/// Ports on the loopback address that nobody listens on just now.
///
/// Panics when that many are not free.
#[must_use]
pub fn free_ports(count: usize) -> Vec<u16> {
    let span = PORTS.end - PORTS.start;
    // The last bits of an id are drawn at random, so that tests at the same time begin elsewhere.
    let first = (Uuid::now_v7().as_u128() % u128::from(span)) as u16;
    let walk = (0..span).map(|step| PORTS.start + (first + step) % span);
    // All are held until all are known, or one would be given twice.
    let held = walk.filter_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
    let held: Vec<_> = held.take(count).collect();
    assert_eq!(held.len(), count, "so many ports are not free");
    held.iter().map(|listener| listener.local_addr().expect("bound").port()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ports_are_free_different_and_none_that_is_lent() {
        let ports = free_ports(20);
        assert_eq!(ports.iter().collect::<BTreeSet<_>>().len(), 20);
        for port in ports {
            assert!(PORTS.contains(&port), "{port}");
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("free");
        }
    }
}
