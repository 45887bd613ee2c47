//! Which tenants have a label of their own in metrics: the first so many, since each label is kept for good.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use kernel::TenantId;

use super::ledger::Of;

/// Tenants with a label of their own.
const MOST: usize = 100;

/// The tenants that have one.
#[derive(Debug, Default)]
pub(super) struct Labels(Mutex<HashSet<TenantId>>);

impl Labels {
    /// The tenant's id; `other` for those who came too late, `none` where no tenant is counted.
    pub(super) fn of(&self, of: Of) -> String {
        let (Of::Tenant(tenant) | Of::Person(tenant, _)) = of else { return "none".into() };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST {
            known.insert(tenant);
        }
        if known.contains(&tenant) { tenant.to_string() } else { "other".into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Clock;

    #[test]
    fn the_first_tenants_are_told_apart_and_the_rest_are_others() {
        let labels = Labels::default();
        let tenants: Vec<TenantId> = (0..=MOST).map(|_| Clock::system().new_id()).collect();
        for tenant in &tenants[..MOST] {
            assert_eq!(labels.of(Of::Tenant(*tenant)), tenant.to_string());
        }
        assert_eq!(labels.of(Of::Tenant(tenants[MOST])), "other");
        assert_eq!(labels.of(Of::Person(tenants[0], 7)), tenants[0].to_string());
        assert_eq!(labels.of(Of::V4(7)), "none");
    }
}
