//! An attempt at a step ended without success, and another one follows.

use kernel::ClientId;
use pg::TenantTx;

use crate::{Result, store};

/// Counts the attempt, in the transaction that keeps its end.
pub(crate) async fn count_attempt(tx: &mut TenantTx, id: ClientId) -> Result<()> {
    Ok(store::count_attempt(tx, id).await?)
}
