//! A revoked client's marketplace token is destroyed here, in the transaction that keeps the step's end.

use kernel::{ClientId, Cx, Timestamp};
use pg::TenantTx;

use super::locked;
use crate::{Result, store};

/// Destroys the sealed token; what it was known by stays in the history.
pub(crate) async fn forget_token(
    tx: &mut TenantTx,
    cx: &Cx,
    id: ClientId,
    now: Timestamp,
) -> Result<()> {
    locked(tx, id, now).await?;
    store::forget_token(tx, id, now).await?;
    bus::audit(tx, cx, "client.token.destroy", &format!("client:{id}")).await?;
    Ok(())
}
