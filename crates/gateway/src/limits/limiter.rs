//! The limiter: counts every request here, and by shares in the budget that all gateways have in common.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    net::IpAddr,
    sync::Arc,
};

use boot::Host;
use bus::Nats;
use kernel::{Actor, Clock, TenantId};
use tokio::sync::{Mutex, mpsc};

use super::{
    Class, KeyBudget, Standing,
    budget::Budget,
    labels::Labels,
    ledger::{Account, Key, Ledger, Of, What},
    rate::{Nanos, Rate},
};
use crate::Config;

/// The policy of the plan, whatever is asked for.
pub(crate) const BY_PLAN: &str = "requests-per-tenant";
/// Accounts that wait to be told to the other gateways.
const WAITING: usize = 4_096;

/// Whom a request is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// The sender's address; of IPv6 the /64 that one subscriber has.
    Address(IpAddr),
    /// The tenant, for members only: a stranger cannot use up its allowance.
    Tenant(TenantId),
    /// One person or key within the tenant, by [`Who::person`].
    Person(TenantId, u64),
}

impl Who {
    /// How the policies of addresses end.
    pub(crate) const PER_ADDRESS: &str = "-per-address";

    /// The person or key behind a request to a tenant.
    pub(crate) fn person(tenant: TenantId, actor: &Actor) -> Self {
        // The same in every process: the hasher has no key.
        let mut hasher = DefaultHasher::new();
        actor.label().hash(&mut hasher);
        Self::Person(tenant, hasher.finish())
    }

    fn of(self) -> Of {
        match self {
            Self::Address(ip) => Of::address(ip),
            Self::Tenant(id) => Of::Tenant(id),
            Self::Person(id, who) => Of::Person(id, who),
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Address(_) => "address",
            Self::Tenant(_) => "tenant",
            Self::Person(..) => "person",
        }
    }
}

/// The limits of every class and plan. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Limits(Arc<Inner>);

struct Inner {
    /// Requests a minute, in the order of [`Class::ALL`]; 0 for as many as come.
    per_minute: [u32; Class::ALL.len()],
    /// How much of its tenant's quota one person may use, in hundredths.
    person_percent: u32,
    ledger: Ledger,
    labels: Labels,
    clock: Clock,
    common: Option<(Budget, mpsc::Sender<(Key, Rate)>)>,
}

/// A policy that a request is counted by.
#[derive(Clone)]
pub(super) struct Policy {
    pub(super) key: Key,
    pub(super) rate: Rate,
    name: String,
}

/// What became of a request, or that the common budget must be asked first.
enum Step {
    Done(Standing),
    Ask(Arc<Mutex<()>>),
}

impl Limits {
    /// Limits that all gateways on this NATS share; of this process alone without one.
    pub(crate) fn start(config: &Config, clock: Clock, nats: Option<&Nats>, host: &Host) -> Self {
        let (tell, waiting) = mpsc::channel(WAITING);
        let common = nats.map(|nats| (Budget::new(nats), tell));
        let is_common = common.is_some();
        let limits = Self(Arc::new(Inner {
            per_minute: Class::ALL.map(|class| class.per_minute(config)),
            person_percent: config.limit_person_percent,
            ledger: Ledger::default(),
            labels: Labels::default(),
            clock,
            common,
        }));
        if is_common {
            let telling = limits.clone();
            host.spawn("limits".to_owned(), async move |stop| {
                stop.run_until_cancelled(telling.tell(waiting)).await;
                Ok(())
            });
        }
        limits
    }

    /// Counts one request and says how the caller stands; `None` where there is no limit.
    pub(crate) async fn charge(&self, class: Class, who: Who) -> Option<Standing> {
        Some(self.count(self.policy(class, who)?).await)
    }

    /// Counts one request without asking the other gateways first; they are told of it at once.
    pub(crate) fn charge_now(&self, class: Class, who: Who) -> Option<Standing> {
        let policy = self.policy(class, who)?;
        Some(match self.step(&policy) {
            Step::Done(standing) => standing,
            Step::Ask(_) => {
                let standing = self.alone(&policy);
                if let Some((_, tell)) = &self.0.common {
                    // Where too many wait already, the next request tells of this one too.
                    let _ = tell.try_send((policy.key, policy.rate));
                }
                standing
            }
        })
    }

    /// Counts one request of a tenant against what its plan allows in a second; `None` where it allows any number.
    pub(crate) async fn charge_plan(
        &self,
        tenant: TenantId,
        per_second: Option<u32>,
    ) -> Option<Standing> {
        Some(self.count(Self::plan(tenant, per_second)?).await)
    }

    /// Counts one request against what an API key of its own limit may be used for in a minute.
    pub(crate) async fn charge_key(&self, budget: KeyBudget) -> Standing {
        let quota = budget.per_minute.get();
        // Another limit than before begins a new count.
        let key = Key { of: Of::ApiKey(budget.key), what: What::ApiKey(quota) };
        let rate = Rate { quota, window: 60 };
        self.count(Policy { key, rate, name: "requests-per-key".into() }).await
    }

    /// The policy of a plan that allows so many requests in a second.
    pub(super) fn plan(tenant: TenantId, per_second: Option<u32>) -> Option<Policy> {
        let quota = per_second.filter(|quota| *quota > 0)?;
        // Another quota than before begins a new count.
        let key = Key { of: Of::Tenant(tenant), what: What::Plan(quota) };
        Some(Policy { key, rate: Rate { quota, window: 1 }, name: BY_PLAN.into() })
    }

    pub(super) fn policy(&self, class: Class, who: Who) -> Option<Policy> {
        let at = Class::ALL.iter().position(|other| *other == class)?;
        let quota = match (self.0.per_minute[at], who) {
            (0, _) => return None,
            (_, Who::Person(..)) if self.0.person_percent == 0 => return None,
            (quota, Who::Person(..)) => {
                let share = u64::from(quota) * u64::from(self.0.person_percent) / 100;
                u32::try_from(share).unwrap_or(quota).max(1)
            }
            (quota, _) => quota,
        };
        let key = Key { of: who.of(), what: What::Class(class) };
        let name = format!("{}-per-{}", class.word(), who.word());
        Some(Policy { key, rate: Rate { quota, window: 60 }, name })
    }

    async fn count(&self, policy: Policy) -> Standing {
        let asking = match self.step(&policy) {
            Step::Done(standing) => return standing,
            Step::Ask(asking) => asking,
        };
        // One asks for all requests of an account; the others find what it brought.
        let _turn = asking.lock().await;
        if let Step::Done(standing) = self.step(&policy) {
            return standing;
        }
        self.ask(policy.key, policy.rate).await;
        match self.step(&policy) {
            Step::Done(standing) => standing,
            Step::Ask(_) => self.alone(&policy),
        }
    }

    /// One step, under the account's lock.
    fn step(&self, policy: &Policy) -> Step {
        let (now, rate) = (self.now(), policy.rate);
        let is_common = self.0.common.as_ref().is_some_and(|(common, _)| common.is_there());
        self.0.ledger.with(policy.key, now, |key, account| {
            if rate.left(account.own, now) == 0 {
                return Step::Done(self.refuse(policy, account.own, now));
            }
            if is_common && !matches!(key.of, Of::Crowd(_)) {
                if account.shut > now {
                    return Step::Done(self.refuse(policy, account.all, now));
                }
                if account.all <= now {
                    // All of it is there again, so what was taken before counts no more.
                    account.held = 0;
                }
                if account.held > 0 {
                    account.held -= 1;
                } else if account.untold < rate.free() {
                    account.untold += 1;
                } else {
                    return Step::Ask(account.asking.get_or_insert_default().clone());
                }
            }
            Step::Done(self.pass(policy, account, now))
        })
    }

    /// Counts a request here, to be told of later.
    fn alone(&self, policy: &Policy) -> Standing {
        let now = self.now();
        self.0.ledger.with(policy.key, now, |_, account| {
            if policy.rate.left(account.own, now) == 0 {
                return self.refuse(policy, account.own, now);
            }
            account.untold = account.untold.saturating_add(1).min(policy.rate.quota);
            self.pass(policy, account, now)
        })
    }

    fn pass(&self, policy: &Policy, account: &mut Account, now: Nanos) -> Standing {
        account.own = policy.rate.take(account.own, now, 1).0;
        let ahead = account.own.max(account.all);
        self.standing(policy, remaining(policy.rate, account, now), ahead, now, false)
    }

    fn refuse(&self, policy: &Policy, arrival: Nanos, now: Nanos) -> Standing {
        let labels = [("policy", policy.name.clone()), ("tenant", self.0.labels.of(policy.key.of))];
        metrics::counter!("usher_limits_refused_total", &labels).increment(1);
        self.standing(policy, 0, arrival, now, true)
    }

    pub(super) fn standing(
        &self,
        policy: &Policy,
        remaining: u32,
        arrival: Nanos,
        now: Nanos,
        refused: bool,
    ) -> Standing {
        let rate = policy.rate;
        let wait = refused.then(|| rate.wait(arrival, now));
        Standing {
            policy: policy.name.clone(),
            quota: rate.quota,
            window: rate.window,
            remaining,
            reset: wait.unwrap_or_else(|| rate.reset(arrival, now)),
            wait,
            alone: self.0.common.as_ref().is_some_and(|(common, _)| common.is_away()),
        }
    }

    /// Tells the common budget what was used, and takes a share of it.
    async fn ask(&self, key: Key, rate: Rate) {
        let Some((common, _)) = &self.0.common else { return };
        let now = self.now();
        let untold = self.0.ledger.with(key, now, |_, account| account.untold);
        let wanted = rate.share().saturating_add(untold);
        let Some((all, given)) = common.take(key, rate, now, wanted).await else { return };
        self.0.ledger.with(key, now, |_, account| {
            let told = given.min(untold);
            account.all = all;
            account.untold = account.untold.saturating_sub(told);
            account.held = account.held.saturating_add(given - told);
            if account.held == 0 {
                // Not for each request that comes back, but for a share of them.
                let wait = rate.wait_for(rate.share(), all, now).as_nanos();
                account.shut = now.saturating_add(Nanos::try_from(wait).unwrap_or(Nanos::MAX));
            }
        });
    }

    /// Tells of what was counted without asking.
    async fn tell(&self, mut waiting: mpsc::Receiver<(Key, Rate)>) {
        while let Some((key, rate)) = waiting.recv().await {
            let now = self.now();
            let asking = self
                .0
                .ledger
                .with(key, now, |_, account| account.asking.get_or_insert_default().clone());
            let _turn = asking.lock().await;
            self.ask(key, rate).await;
        }
    }

    pub(super) fn common(&self) -> Option<&Budget> {
        self.0.common.as_ref().map(|(common, _)| common)
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    pub(super) fn now(&self) -> Nanos {
        let now = self.0.clock.now().jiff().as_nanosecond();
        Nanos::try_from(now).unwrap_or(Nanos::MAX)
    }

    #[cfg(test)]
    pub(super) fn asked(&self) -> usize {
        self.0.common.as_ref().map_or(0, |(common, _)| common.asked())
    }

    #[cfg(test)]
    pub(super) fn accounts(&self) -> usize {
        self.0.ledger.len()
    }
}

/// Requests that would pass now, by what this gateway counted and what is known of all.
pub(super) fn remaining(rate: Rate, account: &Account, now: Nanos) -> u32 {
    let left = rate.left(account.own, now);
    match account.all > now {
        true => left.min(rate.left(account.all, now).saturating_add(account.held)),
        false => left,
    }
}
