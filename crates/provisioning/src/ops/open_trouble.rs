//! Puts a client into the operators' queue.

use kernel::{Clock, Timestamp};
use pg::TenantTx;

use crate::{
    Result,
    domain::{Cause, Client, TroubleKind},
    store,
};

/// Opens a trouble of a locked client, or tells its open one anew.
pub(super) async fn open_trouble(
    tx: &mut TenantTx,
    client: &Client,
    kind: TroubleKind,
    cause: &Cause,
    now: Timestamp,
) -> Result<()> {
    let found = store::Found {
        // The machine's clock, since the id only has to be unique and roughly in order.
        trouble_id: Clock::system().new_id(),
        client_id: client.client_id,
        kind,
        run: client.run,
        cause,
        at: now,
    };
    Ok(store::upsert_trouble(tx, &found).await?)
}
