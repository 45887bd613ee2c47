//! What is remembered of each host that is called: its breaker and its seats.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kernel::{Clock, Timestamp};
use tokio::sync::Semaphore;

use crate::{
    breaker::{Breaker, Leave, Outcome},
    config::Limits,
    guard::Target,
};

/// More hosts than this are looked through for idle ones.
const MANY: usize = 1024;

/// One host.
#[derive(Debug)]
pub(crate) struct Host {
    breaker: Option<Mutex<Breaker>>,
    pub(crate) seats: Semaphore,
}

/// All hosts of a process.
#[derive(Debug)]
pub(crate) struct Hosts {
    by_target: Mutex<HashMap<Target, Arc<Host>>>,
    limits: Limits,
    clock: Clock,
}

/// A call that the breaker let pass; dropped without news, it tells that nothing was learned.
#[derive(Debug)]
pub(crate) struct Passed {
    host: Arc<Host>,
    leave: Option<Leave>,
    clock: Clock,
}

impl Hosts {
    pub(crate) fn new(limits: Limits, clock: Clock) -> Self {
        Self { by_target: Mutex::default(), limits, clock }
    }

    /// What is known of the target, which is little at first.
    pub(crate) fn at(&self, target: &Target) -> Arc<Host> {
        let now = self.clock.now();
        let mut by_target = self.by_target.lock().unwrap_or_else(PoisonError::into_inner);
        if by_target.len() > MANY {
            by_target.retain(|_, host| Arc::strong_count(host) > 1 || !host.is_idle(now));
        }
        let fresh = || {
            let breaker = self.limits.trip.map(|trip| Mutex::new(Breaker::new(trip, now)));
            Arc::new(Host { breaker, seats: Semaphore::new(self.limits.concurrency) })
        };
        by_target.entry(target.clone()).or_insert_with(fresh).clone()
    }

    /// How long the host is still left alone, if it is.
    pub(crate) fn left_alone(&self, host: &Host) -> Option<Duration> {
        let breaker = host.breaker.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        breaker.left_alone(self.clock.now())
    }

    /// Lets a call to the host pass.
    ///
    /// # Errors
    /// How long the host is still left alone.
    pub(crate) fn pass(&self, host: &Arc<Host>) -> Result<Passed, Duration> {
        let leave = match &host.breaker {
            None => None,
            Some(breaker) => {
                let mut breaker = breaker.lock().unwrap_or_else(PoisonError::into_inner);
                Some(breaker.pass(self.clock.now())?)
            }
        };
        Ok(Passed { host: host.clone(), leave, clock: self.clock.clone() })
    }
}

impl Host {
    fn is_idle(&self, now: Timestamp) -> bool {
        self.breaker.as_ref().is_none_or(|breaker| {
            breaker.lock().unwrap_or_else(PoisonError::into_inner).is_idle(now)
        })
    }
}

impl Passed {
    /// Tells how the call ended; whether that opened the breaker.
    pub(crate) fn learn(mut self, outcome: Outcome) -> bool {
        self.tell(outcome)
    }

    fn tell(&mut self, outcome: Outcome) -> bool {
        let (Some(breaker), Some(leave)) = (&self.host.breaker, self.leave.take()) else {
            return false;
        };
        let mut breaker = breaker.lock().unwrap_or_else(PoisonError::into_inner);
        breaker.learn(leave, outcome, self.clock.now())
    }
}

impl Drop for Passed {
    fn drop(&mut self) {
        self.tell(Outcome::Unknown);
    }
}
