//! What is remembered of each host that is called: its seats, its breaker, and the breakers of the tenants that call it.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kernel::{Clock, TenantId, Timestamp};
use tokio::sync::Semaphore;

use crate::{
    breaker::{Breaker, Leave, Outcome},
    config::Limits,
    guard::Target,
};

/// More hosts than this are looked through for idle ones.
const MANY: usize = 1024;

/// More breakers of tenants than this are looked through for idle ones, and forgotten where none is.
const MANY_TENANTS: usize = 8 * 1024;

/// A breaker that calls share.
type Shared = Arc<Mutex<Breaker>>;

/// What a host has met with on behalf of whom; nobody's calls go together.
type Party = (Target, Option<TenantId>);

/// One host.
#[derive(Debug)]
pub(crate) struct Host {
    breaker: Option<Shared>,
    pub(crate) seats: Semaphore,
}

/// All hosts of a process.
#[derive(Debug)]
pub(crate) struct Hosts {
    by_target: Mutex<HashMap<Target, Arc<Host>>>,
    by_party: Mutex<HashMap<Party, Shared>>,
    limits: Limits,
    clock: Clock,
}

/// A host, and what the tenant of a call has met with there.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) host: Arc<Host>,
    own: Option<Shared>,
}

/// How a call went, for the host as a whole and for its tenant alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Went {
    pub(crate) host: Outcome,
    pub(crate) own: Outcome,
}

/// Who is left alone from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opened {
    Host,
    Tenant,
}

/// A call that both breakers let pass; dropped without news, it tells that nothing was learned.
#[derive(Debug)]
pub(crate) struct Passed {
    host: Option<Pass>,
    own: Option<Pass>,
}

/// The leave of one breaker.
#[derive(Debug)]
struct Pass {
    breaker: Shared,
    leave: Option<Leave>,
    clock: Clock,
}

impl Hosts {
    pub(crate) fn new(limits: Limits, clock: Clock) -> Self {
        Self { by_target: Mutex::default(), by_party: Mutex::default(), limits, clock }
    }

    /// What is known of the target and of this tenant there, which is little at first.
    pub(crate) fn to(&self, target: &Target, tenant: Option<TenantId>) -> Way {
        let now = self.clock.now();
        let fresh = || self.limits.trip.map(|trip| Arc::new(Mutex::new(Breaker::new(trip, now))));
        let mut by_target = self.by_target.lock().unwrap_or_else(PoisonError::into_inner);
        thin(&mut by_target, MANY, |host| Arc::strong_count(host) > 1 || !host.is_idle(now));
        let host = by_target.entry(target.clone()).or_insert_with(|| {
            Arc::new(Host { breaker: fresh(), seats: Semaphore::new(self.limits.concurrency) })
        });
        let host = host.clone();
        drop(by_target);
        let own = fresh().map(|fresh| {
            let mut by_party = self.by_party.lock().unwrap_or_else(PoisonError::into_inner);
            thin(&mut by_party, MANY_TENANTS, |own| !is_idle(own, now));
            // To forget a breaker is to close it, which costs a few calls; to keep them all costs all memory.
            if by_party.len() > MANY_TENANTS {
                by_party.clear();
            }
            by_party.entry((target.clone(), tenant)).or_insert(fresh).clone()
        });
        Way { host, own }
    }

    /// How long the call is still not to be made, if it is not.
    pub(crate) fn left_alone(&self, way: &Way) -> Option<Duration> {
        let now = self.clock.now();
        let breakers = way.host.breaker.iter().chain(&way.own);
        let left = breakers.filter_map(|breaker| {
            breaker.lock().unwrap_or_else(PoisonError::into_inner).left_alone(now)
        });
        left.max()
    }

    /// Lets a call pass.
    ///
    /// # Errors
    /// How long it is still not to be made.
    pub(crate) fn pass(&self, way: &Way) -> Result<Passed, Duration> {
        let pass = |breaker: &Shared| {
            let mut locked = breaker.lock().unwrap_or_else(PoisonError::into_inner);
            let leave = Some(locked.pass(self.clock.now())?);
            Ok(Pass { breaker: breaker.clone(), leave, clock: self.clock.clone() })
        };
        // The tenant's first: a probe of the host must not wait for one tenant's breaker to close.
        let own = way.own.as_ref().map(pass).transpose()?;
        let host = way.host.breaker.as_ref().map(pass).transpose()?;
        Ok(Passed { host, own })
    }
}

/// Lets go of what nobody needs, where there is much.
fn thin<K: Eq + Hash, V>(map: &mut HashMap<K, V>, many: usize, is_needed: impl Fn(&V) -> bool) {
    if map.len() > many {
        map.retain(|_, value| is_needed(value));
    }
}

fn is_idle(breaker: &Shared, now: Timestamp) -> bool {
    breaker.lock().unwrap_or_else(PoisonError::into_inner).is_idle(now)
}

impl Host {
    fn is_idle(&self, now: Timestamp) -> bool {
        self.breaker.as_ref().is_none_or(|breaker| is_idle(breaker, now))
    }
}

impl Passed {
    /// Tells how the call went; which breaker that opened.
    pub(crate) fn learn(mut self, went: Went) -> Option<Opened> {
        let own = self.own.as_mut().is_some_and(|pass| pass.tell(went.own));
        let host = self.host.as_mut().is_some_and(|pass| pass.tell(went.host));
        if host { Some(Opened::Host) } else { own.then_some(Opened::Tenant) }
    }
}

impl Pass {
    /// Whether that opened the breaker.
    fn tell(&mut self, outcome: Outcome) -> bool {
        let Some(leave) = self.leave.take() else {
            return false;
        };
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        breaker.learn(leave, outcome, self.clock.now())
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.tell(Outcome::Unknown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Reach;

    #[test]
    fn breakers_of_many_tenants_are_bounded() {
        let hosts = Hosts::new(Limits::default(), Clock::system());
        let target = Target { host: "b.example".into(), port: 443, reach: Reach::Public };
        for _ in 0..3 * MANY_TENANTS {
            let way = hosts.to(&target, Some(Clock::system().new_id()));
            let passed = hosts.pass(&way).expect("passes");
            passed.learn(Went { host: Outcome::Well, own: Outcome::Badly });
        }
        assert!(hosts.by_party.lock().expect("sound").len() <= MANY_TENANTS + 1);
        assert_eq!(hosts.by_target.lock().expect("sound").len(), 1);
    }
}
