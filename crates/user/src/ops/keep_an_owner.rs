//! Keeps a tenant from losing its last owner.

use kernel::UserId;
use pg::TenantTx;

use crate::{Error, Result, store};

/// Refuses where `leaving` is the only active owner. Of two owners who go at once the second meets the first's end:
/// the owners stay locked until the transaction does.
pub(super) async fn keep_an_owner(tx: &mut TenantTx, leaving: UserId) -> Result<()> {
    if store::lock_owners(tx).await? == [leaving] {
        return Err(Error::LastOwner);
    }
    Ok(())
}
