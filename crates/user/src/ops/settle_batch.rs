//! Goes on with a list of invitations after some of its rows, or ends it.

use kernel::{Cx, Timestamp};
use pg::TenantTx;

use super::end_batch::end_batch;
use crate::{Result, domain::BatchStatus, jobs::BatchRun, store};

/// Begins the next run where rows wait, and ends the list where none does. A list that has ended stays as it is.
pub(crate) async fn settle_batch(
    tx: &mut TenantTx,
    cx: &Cx,
    run: &BatchRun,
    now: Timestamp,
) -> Result<()> {
    if store::lock_batch(tx, run.batch_id).await? != Some(BatchStatus::Running) {
        return Ok(());
    }
    if store::waiting_rows(tx, run.batch_id, 1).await?.is_empty() {
        end_batch(tx, cx, run.batch_id, BatchStatus::Done, now).await?;
    } else {
        run.next().begin(tx, cx).await?;
    }
    Ok(())
}

/// Ends a list whose work had to be given up.
pub(crate) async fn give_up_batch(
    tx: &mut TenantTx,
    cx: &Cx,
    run: &BatchRun,
    now: Timestamp,
) -> Result<()> {
    if store::lock_batch(tx, run.batch_id).await? == Some(BatchStatus::Running) {
        end_batch(tx, cx, run.batch_id, BatchStatus::Failed, now).await?;
    }
    Ok(())
}
