//! Begins to take back what a revoked client left behind.

use kernel::{ClientId, Cx, InviteId};
use pg::TenantTx;

use super::tell_job::tell_started;
use crate::{
    Result,
    jobs::{WITHDRAW, Withdrawal},
};

/// Starts the job that destroys the client's token and takes this invitation back, in the transaction of its cause.
/// The one of the revocation has the client's id as its key, that of an invitation made meanwhile the invitation's too.
pub(super) async fn begin_withdrawal(
    tx: &mut TenantTx,
    cx: &Cx,
    key: &str,
    client_id: ClientId,
    invite_id: Option<InviteId>,
) -> Result<()> {
    let input = Withdrawal { client_id, invite_id };
    let started = jobs::start(tx, cx, WITHDRAW, 1, key, &input).await?;
    tell_started(tx, cx, started, WITHDRAW, key).await
}
