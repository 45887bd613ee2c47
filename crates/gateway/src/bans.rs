//! Networks that are not served: asked for again and again, and looked up before anything else is done for a request.

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use kernel::{Clock, Code, Cx, Timestamp};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use wire::{
    Mesh,
    auth::v1::{BannedNetwork, ListBannedNetworksRequest, bans_client::BansClient},
};

use crate::{config::Network, problem::Problem};

/// Between two questions: a ban takes hold, and a lifted one ends, this much later at most.
const EVERY: Duration = Duration::from_secs(1);
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is known of the block list; nothing until it was told for the first time.
#[derive(Debug, Default)]
pub(crate) struct Bans(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    /// By first address and length, with the end where there is one.
    networks: HashMap<(IpAddr, u8), Option<Timestamp>>,
    /// The lengths among them: each is looked up once, however many networks there are.
    lengths: BTreeSet<u8>,
}

impl Bans {
    /// Refuses an address of a banned network. A believed proxy is never one: all its callers would be shut out.
    pub(crate) fn check(
        &self,
        address: IpAddr,
        proxies: &[Network],
        now: Timestamp,
    ) -> Result<(), Problem> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match known.end(address.to_canonical(), now) {
            Some(end) if !proxies.iter().any(|proxy| proxy.contains(address)) => {
                Err(refused(end, now))
            }
            _ => Ok(()),
        }
    }

    /// Asks again and again until `stop`. While nobody answers, what was told last is believed, each ban until its end.
    pub(crate) async fn follow(&self, mesh: &Mesh, clock: &Clock, stop: &CancellationToken) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let asking = Cx {
                deadline: Some(clock.now().after(PATIENCE)),
                ..Cx::of_service("gateway", None, clock)
            };
            let told = BansClient::new(mesh.to("auth"))
                .list_banned_networks(wire::call(&asking, ListBannedNetworksRequest {}))
                .await;
            match told {
                Ok(told) => self.learn(&told.into_inner().networks),
                Err(status) => tracing::warn!(error = %status, "the block list was not told"),
            }
        }
    }

    fn learn(&self, told: &[BannedNetwork]) {
        let networks: HashMap<_, _> = told.iter().filter_map(read).collect();
        let lengths = networks.keys().map(|(_, length)| *length).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Known { networks, lengths };
    }
}

impl Known {
    /// Until when the address is banned, if it is; `None` inside for no end.
    fn end(&self, address: IpAddr, now: Timestamp) -> Option<Option<Timestamp>> {
        let ends = self.lengths.iter().filter_map(|length| {
            let network = first(address, *length)?;
            self.networks.get(&(network, *length)).copied()
        });
        ends.filter(|end| end.is_none_or(|end| now < end)).max_by_key(|end| (end.is_none(), *end))
    }
}

fn read(told: &BannedNetwork) -> Option<((IpAddr, u8), Option<Timestamp>)> {
    let (address, length) = told.network.split_once('/')?;
    let (address, length) = (address.parse().ok()?, length.parse().ok()?);
    Some(((first(address, length)?, length), wire::instant(told.expires_at.as_ref())))
}

/// The first address of the network of this length that the address lies in.
fn first(address: IpAddr, length: u8) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => {
            let rest = 32_u32.checked_sub(length.into())?;
            let mask = u32::MAX.checked_shl(rest).unwrap_or(0);
            Some(IpAddr::V4((u32::from(address) & mask).into()))
        }
        IpAddr::V6(address) => {
            let rest = 128_u32.checked_sub(length.into())?;
            let mask = u128::MAX.checked_shl(rest).unwrap_or(0);
            Some(IpAddr::V6((u128::from(address) & mask).into()))
        }
    }
}

fn refused(end: Option<Timestamp>, now: Timestamp) -> Problem {
    let detail = "Requests from this network are not served; accounts are not affected, sign in from elsewhere.";
    let problem = Problem::new(Code::Denied, "source_banned", detail);
    match end {
        Some(end) => problem.retry_after(end.since(now)),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::LazyLock;

    static BEGINNING: LazyLock<Timestamp> = LazyLock::new(|| Clock::system().now());

    fn at(seconds: u64) -> Timestamp {
        BEGINNING.after(Duration::from_secs(seconds))
    }

    fn bans(told: &[(&str, Option<u64>)]) -> Bans {
        let network = |(network, end): &(&str, Option<u64>)| BannedNetwork {
            network: (*network).into(),
            expires_at: end.map(|seconds| wire::timestamp(at(seconds))),
            automatic: false,
        };
        let bans = Bans::default();
        bans.learn(&told.iter().map(network).collect::<Vec<_>>());
        bans
    }

    fn is_served(bans: &Bans, address: &str, now: u64) -> bool {
        bans.check(address.parse().expect("an address"), &[], at(now)).is_ok()
    }

    #[test]
    fn addresses_of_banned_networks_are_refused_until_the_end() {
        let bans = bans(&[
            ("192.0.2.0/24", Some(60)),
            ("192.0.2.7/32", None),
            ("2001:db8:1:2::/64", Some(60)),
        ]);
        for (address, now, served) in [
            ("192.0.2.1", 0, false),
            ("192.0.2.1", 60, true),
            ("::ffff:192.0.2.1", 0, false),
            ("192.0.2.7", 999, false),
            ("192.0.3.1", 0, true),
            ("2001:db8:1:2:3::4", 59, false),
            ("2001:db8:1:3::1", 0, true),
            ("::1", 0, true),
        ] {
            assert_eq!(is_served(&bans, address, now), served, "{address} at {now}");
        }
    }

    #[test]
    fn a_believed_proxy_is_served_whatever_the_list_says() {
        let bans = bans(&[("10.0.0.0/8", None)]);
        let proxies = ["10.0.0.0/16".parse().expect("a network")];
        let check = |address: &str| bans.check(address.parse().expect("ip"), &proxies, at(0));
        assert!(check("10.0.0.1").is_ok());
        assert_eq!(check("10.1.0.1").expect_err("is banned").reason(), "source_banned");
    }

    #[test]
    fn what_is_told_wrongly_bans_nobody() {
        let bans =
            bans(&[("rubbish", None), ("192.0.2.0/33", None), ("::/129", None), ("/", None)]);
        assert!(is_served(&bans, "192.0.2.1", 0) && is_served(&bans, "::1", 0));
    }
}
