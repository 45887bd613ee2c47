//! Tenants whose runs wait, whatever is due.

use pg::TenantTx;

use crate::{Result, store::suspension};

/// Lets nobody take a run of this tenant from the commit on. An attempt under way ends, and whatever was to follow it
/// waits; signals and due times are kept. Suspended before, it stays so.
///
/// # Errors
/// The database's.
pub async fn suspend_tenant(tx: &mut TenantTx) -> Result<()> {
    Ok(suspension::insert(tx).await?)
}

/// Lets the tenant's runs be taken again; what came due meanwhile is taken at once.
///
/// # Errors
/// The database's.
pub async fn resume_tenant(tx: &mut TenantTx) -> Result<()> {
    if suspension::delete(tx).await? {
        tx.wake_worker();
    }
    Ok(())
}
