//! Unwrapped data keys in memory: a bounded memory of what unwrapping gave, wiped as it is forgotten.
//!
//! The database is asked for the wrapped key at every use, so a shredded key is dead at once in every process; what
//! is saved here is the unwrapping only. The whole row is the name, so a row that was moved or changed is never met.
//! The plain bytes leave a process's memory when it next meets that tenant's shredded key, and at the latest at the
//! first use of the vault after [`LONGEST`].

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use kernel::TenantId;

use crate::{DataKey, store::DataKeyRow};

/// Most data keys kept; a key takes about 200 bytes.
const MOST: usize = 4096;

/// How long a key is kept before it is unwrapped again.
pub(crate) const LONGEST: Duration = Duration::from_secs(600);

#[derive(Default)]
pub(crate) struct Cache(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    keys: HashMap<DataKeyRow, DataKey>,
    oldest_first: VecDeque<(Instant, DataKeyRow)>,
}

impl Cache {
    /// The key of this row, if it was unwrapped lately.
    pub(crate) fn get(&self, row: &DataKeyRow, now: Instant) -> Option<DataKey> {
        let mut kept = self.kept();
        kept.drop_old(now);
        kept.keys.get(row).cloned()
    }

    /// Remembers what unwrapping gave.
    pub(crate) fn put(&self, row: &DataKeyRow, key: &DataKey, now: Instant) {
        let mut kept = self.kept();
        if kept.keys.insert(row.clone(), key.clone()).is_none() {
            kept.oldest_first.push_back((now, row.clone()));
        }
        if kept.keys.len() > MOST
            && let Some((_, oldest)) = kept.oldest_first.pop_front()
        {
            kept.keys.remove(&oldest);
        }
    }

    /// Forgets a tenant's keys now.
    pub(crate) fn forget(&self, tenant: TenantId) {
        let mut kept = self.kept();
        kept.keys.retain(|row, _| row.tenant != tenant);
        kept.oldest_first.retain(|(_, row)| row.tenant != tenant);
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn drop_old(&mut self, now: Instant) {
        let old = |(since, _): &(Instant, DataKeyRow)| now.duration_since(*since) >= LONGEST;
        while self.oldest_first.front().is_some_and(old) {
            if let Some((_, row)) = self.oldest_first.pop_front() {
                self.keys.remove(&row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn row(tenant: TenantId, generation: i32) -> DataKeyRow {
        DataKeyRow { tenant, generation, wrapped: Vec::new(), master_id: String::new() }
    }

    fn key() -> DataKey {
        DataKey::from_slice(&[1; 32]).expect("32 bytes")
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_key_goes_first() {
        let (cache, tenant, now) = (Cache::default(), TenantId::from(Uuid::nil()), Instant::now());
        let most = i32::try_from(MOST).expect("small");
        for generation in 0..=most {
            cache.put(&row(tenant, generation), &key(), now);
        }
        assert_eq!(cache.kept().keys.len(), MOST);
        assert_eq!(cache.kept().oldest_first.len(), MOST);
        assert!(cache.get(&row(tenant, 0), now).is_none());
        assert!(cache.get(&row(tenant, most), now).is_some());
    }

    #[test]
    fn a_key_is_remembered_until_its_tenant_is_forgotten() {
        let (cache, tenant, now) = (Cache::default(), TenantId::from(Uuid::nil()), Instant::now());
        let (ours, theirs) = (row(tenant, 1), row(Uuid::max().into(), 1));
        assert!(cache.get(&ours, now).is_none());
        cache.put(&ours, &key(), now);
        cache.put(&theirs, &key(), now);
        assert_eq!(cache.get(&ours, now).expect("remembered").expose(), &[1; 32]);
        cache.forget(tenant);
        assert!(cache.get(&ours, now).is_none());
        assert!(cache.get(&theirs, now).is_some());
    }

    #[test]
    fn no_key_outlives_its_time_whichever_tenant_is_asked_for() {
        let (cache, then) = (Cache::default(), Instant::now());
        let (ours, theirs) = (row(Uuid::nil().into(), 1), row(Uuid::max().into(), 1));
        cache.put(&ours, &key(), then);
        cache.put(&theirs, &key(), then + LONGEST / 2);
        assert!(cache.get(&ours, then + LONGEST - Duration::from_nanos(1)).is_some());
        assert!(cache.get(&theirs, then + LONGEST).is_some(), "younger by half");
        assert_eq!(cache.kept().keys.len(), 1, "the other one is gone, although nobody asked");
        assert!(cache.get(&theirs, then + LONGEST * 2).is_none());
        assert!(cache.kept().oldest_first.is_empty());
    }
}
