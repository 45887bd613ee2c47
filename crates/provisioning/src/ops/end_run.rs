//! A run has ended: the next one, if there is one, may begin.

use kernel::{Cx, Timestamp};
use pg::TenantTx;

use super::{begin_run::start_run, locked};
use crate::{Result, domain::Stage, jobs::Input};

/// Whether the ended run was the one that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// What came of it counts.
    Latest,
    /// The client does not heed it any more.
    Overtaken,
}

/// Starts the run that waits for the end of this one, in the transaction that keeps the end.
pub(crate) async fn end_run(
    tx: &mut TenantTx,
    cx: &Cx,
    run: &Input,
    now: Timestamp,
) -> Result<Standing> {
    let client = locked(tx, run.client_id, now).await?;
    if client.heeds(run.run) {
        return Ok(Standing::Latest);
    }
    if client.stage != Stage::Revoked {
        start_run(tx, cx, &client).await?;
    }
    Ok(Standing::Overtaken)
}
