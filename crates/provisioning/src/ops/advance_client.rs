//! A step is done: the client moves on, in the transaction that keeps the step's end.

use kernel::{Cx, Timestamp};
use pg::TenantTx;

use super::{
    keep_moved::{Kept, keep_moved},
    locked,
    refresh_client::refresh_client,
};
use crate::{
    Result,
    domain::{Client, Stage},
    jobs::Input,
    store,
};

/// Moves the client to `stage` and counts the attempt; answers the client if the move is new. A run that another took
/// over from, or whose client was revoked, changes nothing.
pub(crate) async fn advance_client(
    tx: &mut TenantTx,
    cx: &Cx,
    run: &Input,
    stage: Stage,
    now: Timestamp,
) -> Result<Option<Client>> {
    let client = locked(tx, run.client_id, now).await?;
    store::count_attempt(tx, run.client_id).await?;
    if !client.heeds(run.run) {
        return Ok(None);
    }
    match keep_moved(tx, cx, client.advance(stage, now)?).await? {
        Kept::New(client) => Ok(Some(client)),
        // The last step of a later run of an active client.
        Kept::Already(client) if stage == Stage::Active => {
            refresh_client(tx, cx, client, now).await?;
            Ok(None)
        }
        Kept::Already(_) => Ok(None),
    }
}
