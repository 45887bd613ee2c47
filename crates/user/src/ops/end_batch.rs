//! Ends a list of invitations.

use kernel::{Cx, Timestamp};
use pg::TenantTx;
use uuid::Uuid;
use wire::user::v1::InviteBatchEnded;

use super::get_invite_batch::known_batch;
use crate::{
    Result,
    domain::{BatchStatus, InviteBatch},
    store,
};

/// Leaves out the rows that wait, keeps the counts and tells of them. The list is locked by the caller and runs.
pub(super) async fn end_batch(
    tx: &mut TenantTx,
    cx: &Cx,
    batch_id: Uuid,
    status: BatchStatus,
    now: Timestamp,
) -> Result<InviteBatch> {
    store::leave_out_rows(tx, batch_id).await?;
    store::end_batch(tx, batch_id, status, now).await?;
    let batch = known_batch(tx, batch_id).await?;
    let count = |rows: i64| i32::try_from(rows).unwrap_or(i32::MAX);
    let fact = InviteBatchEnded {
        batch_id: batch_id.to_string(),
        status: status.to_string(),
        rows: batch.rows,
        created: count(batch.created),
        already_invited: count(batch.already_invited),
        already_member: count(batch.already_member),
        refused: count(batch.refused),
        left_out: count(batch.left_out),
    };
    bus::emit(tx, cx, batch_id, &fact).await?;
    Ok(batch)
}
