//! Takes or reserves a seat of the tenant.

use kernel::Timestamp;
use pg::TenantTx;

use crate::{Result, domain::Claim, store};

/// Refuses where no seat is left for the claim. The seats stay locked until the transaction ends, so whoever wants
/// the last one waits and sees; a tenant without a limit has nothing to wait for.
pub(super) async fn take_seat(tx: &mut TenantTx, claim: Claim, now: Timestamp) -> Result<()> {
    if store::lock_seat_limit(tx).await?.is_none() {
        return Ok(());
    }
    store::seats(tx, now).await?.grant(claim)
}
