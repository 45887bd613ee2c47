//! Tenants whose runs wait, whatever is due.

use pg::TenantTx;

use crate::{Result, store::suspension};

/// Lets nobody take a run of this tenant from the commit on. An attempt under way ends, and whatever was to follow it
/// waits; signals and due times are kept. `epoch` counts the news of the tenant: where the same or newer ones were
/// followed before, nothing changes.
///
/// # Errors
/// The database's.
pub async fn suspend_tenant(tx: &mut TenantTx, epoch: i64) -> Result<()> {
    suspension::follow(tx, epoch, true).await?;
    Ok(())
}

/// Lets the tenant's runs be taken again; what came due meanwhile is taken at once. Nothing changes where
/// [`suspend_tenant`] would change nothing, or after [`close_tenant`].
///
/// # Errors
/// The database's.
pub async fn resume_tenant(tx: &mut TenantTx, epoch: i64) -> Result<()> {
    if suspension::follow(tx, epoch, false).await? {
        tx.wake_worker();
    }
    Ok(())
}

/// Lets nobody take a run of this tenant ever again, whatever is heard of it later. What waits is never due, so that no
/// claim looks at it; its undoing would need what a closed tenant has no more.
///
/// # Errors
/// The database's.
pub async fn close_tenant(tx: &mut TenantTx) -> Result<()> {
    suspension::follow(tx, i64::MAX, true).await?;
    Ok(suspension::put_off(tx).await?)
}
