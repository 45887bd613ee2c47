//! A run failed for good: the client stops, with a reason, in the transaction that keeps the run's end.

use kernel::{Cx, Timestamp};
use pg::TenantTx;

use super::{
    degrade_client::degrade_client,
    end_run::{Standing, end_run},
    keep_moved::{Kept, keep_moved},
    locked,
    open_trouble::open_trouble,
};
use crate::{
    Result,
    domain::{Cause, Stage, TroubleKind},
    jobs::Input,
    store,
};

/// Stops the client, counts the attempt and puts the client into the operators' queue. An active client stays active:
/// what worked before may still work.
pub(crate) async fn fail_client(
    tx: &mut TenantTx,
    cx: &Cx,
    run: &Input,
    kind: TroubleKind,
    cause: Cause,
    now: Timestamp,
) -> Result<Standing> {
    let standing = end_run(tx, cx, run, now).await?;
    store::count_attempt(tx, run.client_id).await?;
    if standing == Standing::Overtaken {
        return Ok(standing);
    }
    let client = locked(tx, run.client_id, now).await?;
    if client.stage == Stage::Active {
        degrade_client(tx, cx, client, cause, now).await?;
    } else if let Kept::New(client) = keep_moved(tx, cx, client.fail(cause.clone(), now)?).await? {
        open_trouble(tx, &client, kind, &cause, now).await?;
    }
    Ok(standing)
}
