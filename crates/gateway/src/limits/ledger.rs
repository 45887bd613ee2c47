//! The accounts of all callers, in bounded memory: a new caller never takes the account of one who is being counted.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kernel::{SessionId, TenantId};

use super::{Class, rate::Nanos};

/// Accounts of one part; with those of all parts a hundred thousand.
const MOST: usize = 6_250;
/// Parts, each behind a lock of its own.
const PARTS: usize = 16;
/// Accounts that callers share who come when the memory is full.
const CROWD: u64 = 1024;
/// New accounts between two looks whether old ones can go.
const SWEEP: usize = 256;
/// Between two such looks while the memory is full.
const PAUSE: Nanos = 100_000_000;

/// Whose account it is, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(super) of: Of,
    pub(super) what: What,
}

/// For what an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum What {
    /// Requests of a class.
    Class(Class),
    /// All requests, as a plan with this quota allows them.
    Plan(u32),
    /// All requests of an API key that has this limit of its own.
    ApiKey(u32),
}

/// Whose account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Of {
    V4(u32),
    /// The network of 64 bits that one subscriber has.
    V6(u64),
    Tenant(TenantId),
    /// A person or a key within a tenant, by a hash of who it is.
    Person(TenantId, u64),
    /// A key that has a limit of its own.
    ApiKey(SessionId),
    Crowd(u64),
}

impl Of {
    pub(super) fn address(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::V4(ip.into()),
            IpAddr::V6(ip) => Self::V6(u64::try_from(u128::from(ip) >> 64).unwrap_or_default()),
        }
    }
}

/// What a caller has used.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// What this gateway let through.
    pub(super) own: Nanos,
    /// What all gateways let through, as this one last heard.
    pub(super) all: Nanos,
    /// Requests that were taken from the common budget and not used yet.
    pub(super) held: u32,
    /// Requests that were let through and not told of yet.
    pub(super) untold: u32,
    /// Nothing is left of the common budget before.
    pub(super) shut: Nanos,
    /// Held while the common budget is asked; there for whoever ever asked.
    pub(super) asking: Option<Arc<tokio::sync::Mutex<()>>>,
}

impl Account {
    /// Whether it is as good as a new one.
    fn is_idle(&self, now: Nanos) -> bool {
        let is_asking = self.asking.as_ref().is_some_and(|asking| Arc::strong_count(asking) > 1);
        self.own <= now && self.all <= now && self.shut <= now && !is_asking
    }
}

/// All accounts.
pub(super) struct Ledger {
    parts: Vec<Mutex<Part>>,
    hasher: RandomState,
}

#[derive(Default)]
struct Part {
    accounts: HashMap<Key, Account>,
    /// New accounts since the last sweep.
    fresh: usize,
    swept: Nanos,
}

impl Default for Ledger {
    fn default() -> Self {
        let parts = (0..PARTS).map(|_| Mutex::default()).collect();
        Self { parts, hasher: RandomState::new() }
    }
}

impl Ledger {
    /// Works on the account of `key`; on one of the crowd's, where there is no room for a new one.
    pub(super) fn with<T>(
        &self,
        key: Key,
        now: Nanos,
        work: impl FnOnce(Key, &mut Account) -> T,
    ) -> T {
        let hash = self.hasher.hash_one(key);
        let mut part = self.part_of(hash);
        if let Some(account) = part.accounts.get_mut(&key) {
            return work(key, account);
        }
        let key = if part.has_room(now) { key } else { Key { of: Of::Crowd(hash % CROWD), ..key } };
        work(key, part.accounts.entry(key).or_default())
    }

    /// Looks at the account of `key`, if there is one; none is made.
    pub(super) fn look<T>(&self, key: Key, read: impl FnOnce(Option<&Account>) -> T) -> T {
        let part = self.part_of(self.hasher.hash_one(key));
        read(part.accounts.get(&key))
    }

    fn part_of(&self, hash: u64) -> MutexGuard<'_, Part> {
        let part = usize::try_from(hash).unwrap_or_default() % PARTS;
        self.parts[part].lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.lock().expect("part").accounts.len()).sum()
    }
}

impl Part {
    fn has_room(&mut self, now: Nanos) -> bool {
        self.fresh += 1;
        let is_full = self.accounts.len() >= MOST;
        if self.fresh >= SWEEP && (!is_full || now >= self.swept + PAUSE) {
            self.fresh = 0;
            self.swept = now;
            self.accounts.retain(|_, account| !account.is_idle(now));
        }
        self.accounts.len() < MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn key(n: u32) -> Key {
        Key { of: Of::address(Ipv4Addr::from(n).into()), what: What::Class(Class::Login) }
    }

    #[test]
    fn a_million_callers_do_not_push_out_the_one_who_is_counted() {
        let (ledger, victim) = (Ledger::default(), key(0));
        ledger.with(victim, 0, |_, account| account.own = 60_000_000_000);
        for n in 1..1_000_000 {
            ledger.with(key(n), i64::from(n), |_, account| account.own = 60_000_000_000);
        }
        let most = PARTS * (MOST + usize::try_from(CROWD).expect("small"));
        assert!(ledger.len() <= most, "{} accounts", ledger.len());
        let seen = ledger.with(victim, 1_000_000, |key, account| (key, account.own));
        assert_eq!(seen, (victim, 60_000_000_000));
        assert!(std::mem::size_of::<(Key, Account)>() <= 128, "bounded means bytes too");
    }

    #[test]
    fn who_has_been_quiet_makes_room() {
        let ledger = Ledger::default();
        for n in 0..200_000 {
            ledger.with(key(n), 0, |_, account| account.own = 10);
        }
        let late = ledger.with(key(300_000), 1_000_000_000, |key, _| key);
        let all: Vec<_> = (0..40_000)
            .map(|n| ledger.with(key(400_000 + n), 1_000_000_000, |key, _| key))
            .collect();
        assert!(all.iter().chain([&late]).any(|key| !matches!(key.of, Of::Crowd(_))));
        assert!(ledger.len() < 60_000, "{}", ledger.len());
    }
}
