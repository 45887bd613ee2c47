//! How many requests a second each tenant's plan allows, counted by this process.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::{InMemoryState, NotKeyed},
};
use kernel::TenantId;

use super::Standing;

/// Tenants remembered; with more, all begin anew, which lets at most a second's worth more pass.
const MOST: usize = 20_000;

type Counter = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// The counters of the tenants that have a limit.
#[derive(Default)]
pub(crate) struct PlanLimits {
    /// Each with the quota it was made for.
    counters: Mutex<HashMap<TenantId, (NonZeroU32, Arc<Counter>)>>,
    clock: DefaultClock,
}

impl PlanLimits {
    /// Counts one request. Another quota than before begins a new count.
    pub(crate) fn charge(&self, tenant: TenantId, quota: NonZeroU32) -> Option<Standing> {
        let counter = self.counter(tenant, quota);
        let (remaining, wait) = match counter.check() {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(until) => (0, Some(until.wait_time_from(self.clock.now()))),
        };
        Some(Standing {
            policy: "requests-per-tenant".into(),
            quota: quota.get(),
            window: 1,
            remaining,
            reset: wait.unwrap_or(Duration::from_secs(1)),
            wait,
        })
    }

    fn counter(&self, tenant: TenantId, quota: NonZeroU32) -> Arc<Counter> {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, counter)) = counters.get(&tenant)
            && *known == quota
        {
            return counter.clone();
        }
        if counters.len() >= MOST {
            counters.clear();
        }
        let counter = RateLimiter::direct(Quota::per_second(quota))
            .with_middleware::<StateInformationMiddleware>();
        let counter = Arc::new(counter);
        counters.insert(tenant, (quota, counter.clone()));
        counter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(limits: &PlanLimits, tenant: TenantId, quota: u32) -> bool {
        let quota = NonZeroU32::new(quota).expect("a quota");
        limits.charge(tenant, quota).expect("is limited").verdict().is_ok()
    }

    #[test]
    fn a_tenant_has_its_own_quota_and_a_new_one_counts_at_once() {
        let limits = PlanLimits::default();
        let [one, other] = [(); 2].map(|()| kernel::Clock::system().new_id::<TenantId>());
        assert!((0..3).all(|_| passes(&limits, one, 3)));
        assert!((0..50).any(|_| !passes(&limits, one, 3)));
        assert!(passes(&limits, other, 3));
        assert!((0..10).all(|_| passes(&limits, one, 10)), "another plan");
    }
}
