//! The limiter of one process: a generic cell rate algorithm by class and by who asks, in bounded memory.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};
use kernel::TenantId;

use super::{Class, Standing, plan::PlanLimits};
use crate::Config;

/// Callers remembered for one class; more share the counters of the crowd.
const MOST: usize = 100_000;
/// After so many requests those who have been quiet are forgotten.
const SWEEP: usize = 1024;
/// Counters that the callers share who come when the memory is full.
const CROWD: u64 = 1024;

/// Whom a request is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// The sender's address; of IPv6 the /64 that one subscriber has.
    Address(IpAddr),
    /// The tenant, for members only: a stranger cannot use up its allowance.
    Tenant(TenantId),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    V4(u32),
    V6(u64),
    Tenant(TenantId),
    Crowd(u64),
}

type Keyed =
    RateLimiter<Key, DefaultKeyedStateStore<Key>, DefaultClock, StateInformationMiddleware>;

/// The limits of every class.
pub(crate) struct Limits {
    classes: Vec<(Class, Limit)>,
    plans: PlanLimits,
    clock: DefaultClock,
}

struct Limit {
    quota: u32,
    keyed: Keyed,
    requests: AtomicUsize,
    crowded: AtomicBool,
}

impl Limits {
    pub(crate) fn new(config: &Config) -> Self {
        let limits = Class::ALL.into_iter().filter_map(|class| {
            let quota = NonZeroU32::new(class.per_minute(config))?;
            Some((class, Limit::new(quota)))
        });
        let plans = PlanLimits::default();
        Self { classes: limits.collect(), plans, clock: DefaultClock::default() }
    }

    /// Counts one request of a tenant against what its plan allows in a second; `None` where it allows any number.
    pub(crate) fn charge_plan(
        &self,
        tenant: TenantId,
        per_second: Option<u32>,
    ) -> Option<Standing> {
        self.plans.charge(tenant, NonZeroU32::new(per_second?)?)
    }

    /// Counts one request and says how the caller stands; `None` where the class has no limit.
    pub(crate) fn charge(&self, class: Class, who: Who) -> Option<Standing> {
        let (_, limit) = self.classes.iter().find(|(limited, _)| *limited == class)?;
        let name = match who {
            Who::Address(_) => "address",
            Who::Tenant(_) => "tenant",
        };
        let outcome = limit.keyed.check_key(&limit.key(who));
        let (remaining, wait) = match outcome {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(until) => (0, Some(until.wait_time_from(self.clock.now()))),
        };
        let each = Duration::from_secs(60) / limit.quota;
        Some(Standing {
            policy: format!("{}-per-{name}", class.word()),
            quota: limit.quota,
            window: 60,
            remaining,
            reset: wait.unwrap_or_else(|| each * limit.quota.saturating_sub(remaining)),
            wait,
        })
    }
}

impl Limit {
    fn new(quota: NonZeroU32) -> Self {
        Self {
            quota: quota.get(),
            keyed: RateLimiter::keyed(Quota::per_minute(quota))
                .with_middleware::<StateInformationMiddleware>(),
            requests: AtomicUsize::new(0),
            crowded: AtomicBool::new(false),
        }
    }

    fn key(&self, who: Who) -> Key {
        if self.requests.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.keyed.retain_recent();
            let crowded = self.keyed.len() >= MOST;
            self.crowded.store(crowded, Ordering::Relaxed);
        }
        let key = match who {
            Who::Tenant(id) => return Key::Tenant(id),
            Who::Address(IpAddr::V4(ip)) => Key::V4(ip.into()),
            Who::Address(IpAddr::V6(ip)) => {
                Key::V6(u64::try_from(u128::from(ip) >> 64).unwrap_or_default())
            }
        };
        if self.crowded.load(Ordering::Relaxed) {
            let mut hasher = DefaultHasher::new();
            key.hash(&mut hasher);
            return Key::Crowd(hasher.finish() % CROWD);
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn limits(login: u32) -> Limits {
        Limits::new(&Config { limit_login: login, ..Config::default() })
    }

    fn passes(limits: &Limits, ip: impl Into<IpAddr>) -> bool {
        let standing = limits.charge(Class::Login, Who::Address(ip.into()));
        standing.expect("limited").verdict().is_ok()
    }

    #[test]
    fn an_address_has_its_quota_and_no_more() {
        let limits = limits(3);
        let (one, other) = (Ipv4Addr::new(1, 2, 3, 4), Ipv4Addr::new(1, 2, 3, 5));
        assert!((0..3).all(|_| passes(&limits, one)));
        assert!(!passes(&limits, one));
        assert!(passes(&limits, other));
    }

    #[test]
    fn a_subscriber_cannot_multiply_itself_within_its_ipv6_network() {
        let limits = limits(3);
        let ip = |host: u16| Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, host);
        assert_eq!((0..10).filter(|host| passes(&limits, ip(*host))).count(), 3);
        assert!(passes(&limits, Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 1)));
    }

    #[test]
    fn zero_lifts_a_limit() {
        let who = Who::Address(Ipv4Addr::LOCALHOST.into());
        assert_eq!(limits(0).charge(Class::Login, who), None);
    }

    #[test]
    fn memory_stays_bounded_under_a_flood_of_addresses() {
        let limits = limits(1);
        for n in 0..(u32::try_from(MOST).expect("small") + 20_000) {
            passes(&limits, Ipv4Addr::from(n));
        }
        let (_, limit) = &limits.classes[0];
        assert!(limit.keyed.len() <= MOST + SWEEP + usize::try_from(CROWD).expect("small"));
    }
}
