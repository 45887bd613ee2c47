//! What somebody stands on in a tenant, remembered for moments, so that a question about it costs no query.
//!
//! An entry counts while nothing has moved the rights of its tenant, or of the platform, since before it was read: a
//! change in this process moves them with its commit, one of another process by its fact. Should NATS be away, an entry
//! ends by itself.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use kernel::{TenantId, UserId};
use tokio::time::Instant;

use crate::domain::Standing;

/// How long a right that another process took away may still be believed without its fact; below the promised 5 s by
/// the time of one query.
const LIFE: Duration = Duration::from_secs(4);

/// Entries remembered at once.
const MOST: usize = 50_000;

/// Counters of moves: so many that tenants seldom share one, so few that they take no room.
const COUNTERS: u128 = 1 << 12;

/// The memory; cheap to clone, and then the same.
#[derive(Clone)]
pub struct Snapshots(Arc<Inner>);

struct Inner {
    slots: Mutex<HashMap<(TenantId, UserId), Slot>>,
    /// How often rights moved, of the tenants that share a counter.
    moves: Vec<AtomicU64>,
    /// How often those moved that hold in every tenant.
    platform: AtomicU64,
    /// Permissions of other builds that the catalogue has; none ever leaves it.
    declared: Mutex<HashSet<String>>,
    most: usize,
    life: Duration,
}

struct Slot {
    standing: Arc<Standing>,
    read: Mark,
    ends: Instant,
}

/// How often rights had moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark(u64, u64);

impl Default for Snapshots {
    fn default() -> Self {
        Self::lasting(LIFE)
    }
}

impl fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshots({})", self.slots().len())
    }
}

impl Snapshots {
    /// A memory that lasts as long as this where nothing moves; the default lasts as long as the platform promises.
    #[must_use]
    pub fn lasting(life: Duration) -> Self {
        Self::new(MOST, life)
    }

    fn new(most: usize, life: Duration) -> Self {
        Self(Arc::new(Inner {
            slots: Mutex::default(),
            moves: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect(),
            platform: AtomicU64::new(0),
            declared: Mutex::default(),
            most,
            life,
        }))
    }

    /// What is remembered of the person in the tenant, if it still counts.
    pub(crate) fn recall(&self, tenant: TenantId, user_id: UserId) -> Option<Arc<Standing>> {
        let now = Instant::now();
        let slots = self.slots();
        let slot = slots.get(&(tenant, user_id))?;
        let counts = slot.ends > now && slot.read == self.mark(tenant);
        counts.then(|| slot.standing.clone())
    }

    /// To be taken before the rows are read, for [`Snapshots::keep`].
    pub(crate) fn mark(&self, tenant: TenantId) -> Mark {
        let here = self.counter(tenant).load(Ordering::Acquire);
        Mark(here, self.0.platform.load(Ordering::Acquire))
    }

    /// Remembers what was read since `read`; of no use where rights have moved meanwhile.
    pub(crate) fn keep(
        &self,
        tenant: TenantId,
        user_id: UserId,
        read: Mark,
        standing: Arc<Standing>,
    ) {
        let now = Instant::now();
        let mut slots = self.slots();
        if slots.len() >= self.0.most {
            slots.retain(|(tenant, _), slot| slot.ends > now && slot.read == self.mark(*tenant));
            if slots.len() >= self.0.most {
                slots.clear();
            }
        }
        slots.insert((tenant, user_id), Slot { standing, read, ends: now + self.0.life });
    }

    /// Rights have moved: nothing that was read before counts. Those of the platform hold in every tenant.
    pub(crate) fn forget(&self, tenant: TenantId) {
        let counter = match tenant {
            TenantId::PLATFORM => &self.0.platform,
            tenant => self.counter(tenant),
        };
        counter.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether the catalogue is known to have the permission.
    pub(crate) fn is_declared(&self, permission: &str) -> bool {
        self.declared().contains(permission)
    }

    /// Remembers what the catalogue has.
    pub(crate) fn note_declared(&self, permissions: impl IntoIterator<Item = String>) {
        self.declared().extend(permissions);
    }

    fn counter(&self, tenant: TenantId) -> &AtomicU64 {
        // The last bits of a UUIDv7 are drawn at random.
        let at = tenant.uuid().as_u128() % COUNTERS;
        &self.0.moves[usize::try_from(at).unwrap_or_default()]
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<(TenantId, UserId), Slot>> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn declared(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.declared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use uuid::Uuid;

    fn id(n: u128) -> (TenantId, UserId) {
        (Uuid::from_u128(n).into(), Uuid::from_u128(n).into())
    }

    fn standing() -> Arc<Standing> {
        Arc::new(Standing {
            person: None,
            tenant_roles: Vec::new(),
            platform_roles: Vec::new(),
            grants: Vec::new(),
            overrides: Vec::new(),
            custom_roles: BTreeMap::new(),
            member: false,
            glass_until: None,
            epoch: 0,
        })
    }

    fn keep(snapshots: &Snapshots, n: u128) {
        let (tenant, user_id) = id(n);
        snapshots.keep(tenant, user_id, snapshots.mark(tenant), standing());
    }

    fn has(snapshots: &Snapshots, n: u128) -> bool {
        let (tenant, user_id) = id(n);
        snapshots.recall(tenant, user_id).is_some()
    }

    #[tokio::test]
    async fn what_moved_is_forgotten_there_and_what_the_platform_moved_everywhere() {
        let snapshots = Snapshots::default();
        keep(&snapshots, 1);
        keep(&snapshots, 2);
        assert!(has(&snapshots, 1) && has(&snapshots, 2) && !has(&snapshots, 3));
        snapshots.forget(id(1).0);
        assert!(!has(&snapshots, 1) && has(&snapshots, 2));
        keep(&snapshots, 1);
        snapshots.clone().forget(TenantId::PLATFORM);
        assert!(!has(&snapshots, 1) && !has(&snapshots, 2));
    }

    #[tokio::test]
    async fn what_was_read_before_a_move_and_kept_after_it_does_not_count() {
        let snapshots = Snapshots::default();
        let (tenant, user_id) = id(1);
        let read = snapshots.mark(tenant);
        snapshots.forget(tenant);
        snapshots.keep(tenant, user_id, read, standing());
        assert!(!has(&snapshots, 1));
    }

    #[tokio::test]
    async fn an_entry_ends_by_itself() {
        for (life, lives) in [(LIFE, true), (Duration::ZERO, false)] {
            let snapshots = Snapshots::lasting(life);
            keep(&snapshots, 1);
            assert_eq!(has(&snapshots, 1), lives);
        }
        assert!(LIFE < Duration::from_secs(5), "no longer than is promised");
    }

    #[tokio::test]
    async fn the_memory_is_bounded() {
        let snapshots = Snapshots::new(10, LIFE);
        for n in 0..1000 {
            keep(&snapshots, n);
            assert!(has(&snapshots, n) && snapshots.slots().len() <= 10);
        }
        // What counts no more makes room for the rest.
        let snapshots = Snapshots::new(10, LIFE);
        (0..10).for_each(|n| keep(&snapshots, n));
        snapshots.forget(id(3).0);
        keep(&snapshots, 10);
        assert!(has(&snapshots, 0) && has(&snapshots, 10) && snapshots.slots().len() == 10);
    }

    #[tokio::test]
    async fn what_the_catalogue_has_is_known() {
        let snapshots = Snapshots::default();
        assert!(!snapshots.is_declared("events.seat.reserve"));
        snapshots.note_declared(["events.seat.reserve".to_owned()]);
        assert!(snapshots.is_declared("events.seat.reserve"));
    }
}
