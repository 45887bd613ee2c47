//! The invitation was taken back, and with it the onboarding.

use kernel::{ClientId, Cx, InviteId};

use super::{keep_moved::keep_moved, tenant_of};
use crate::{
    App, Result,
    domain::{Cause, Stage},
    store::{self, Key},
};

/// What was heard of a revocation.
#[derive(Debug)]
pub(crate) struct LoseInvite {
    pub(crate) client_id: Option<ClientId>,
    pub(crate) invite_id: InviteId,
}

/// Ends the onboarding that waits for this invitation; one that waits for another, or waits no more, goes on.
pub(crate) async fn lose_invite(app: &App, cx: &Cx, command: LoseInvite) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant_of(cx)?, "lose_invite").await?;
    let key =
        Key { client_id: command.client_id, invite_id: Some(command.invite_id), ..Key::default() };
    let found = store::lock_clients(&mut tx, &key, now).await?.pop();
    let waits = |stage| matches!(stage, Stage::Invited | Stage::Expired);
    let Some(client) = found.filter(|client| {
        waits(client.stage) && client.invite_id.is_none_or(|id| id == command.invite_id)
    }) else {
        return Ok(());
    };
    let cause =
        Cause { reason: "invite_revoked".into(), message: "The invitation was taken back.".into() };
    keep_moved(&mut tx, cx, client.revoke(cause, now)?).await?;
    tx.commit().await?;
    Ok(())
}
