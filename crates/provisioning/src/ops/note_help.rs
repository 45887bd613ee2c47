//! Counts that a person had to help a client: beside every audited retry, skipped step and token given anew.

use kernel::{ClientId, Cx};
use pg::TenantTx;

use crate::{Result, store};

/// Counts it where a person acts; what our own services do is no help from outside.
pub(crate) async fn note_help(tx: &mut TenantTx, cx: &Cx, id: ClientId) -> Result<()> {
    if cx.user().is_some() {
        store::count_help(tx, id).await?;
    }
    Ok(())
}
