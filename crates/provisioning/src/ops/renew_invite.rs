//! The invitation was sent again: its time begins anew.

use kernel::{ClientId, Cx, InviteId, Timestamp};

use super::{keep_moved::keep_moved, tenant_of};
use crate::{
    App, Result,
    domain::Stage,
    store::{self, Key},
};

/// What was heard of an invitation sent again.
#[derive(Debug)]
pub(crate) struct RenewInvite {
    pub(crate) client_id: Option<ClientId>,
    pub(crate) invite_id: InviteId,
    pub(crate) expires_at: Timestamp,
}

/// Notes until when the link works now; an expired client waits again.
pub(crate) async fn renew_invite(app: &App, cx: &Cx, command: RenewInvite) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant_of(cx)?, "renew_invite").await?;
    let key =
        Key { client_id: command.client_id, invite_id: Some(command.invite_id), ..Key::default() };
    let found = store::lock_clients(&mut tx, &key, now).await?.pop();
    let Some(mut client) = found.filter(|client| {
        matches!(client.stage, Stage::Invited | Stage::Expired)
            && client.invite_id.is_none_or(|id| id == command.invite_id)
            && client.invite_expires_at.is_none_or(|known| known < command.expires_at)
    }) else {
        return Ok(());
    };
    client.invite_id = Some(command.invite_id);
    client.invite_expires_at = Some(command.expires_at);
    client.updated_at = now;
    store::update_client(&mut tx, &client).await?;
    // A fact that was heard late may tell of a time that is over already.
    if command.expires_at > now {
        keep_moved(&mut tx, cx, client.advance(Stage::Invited, now)?).await?;
    }
    tx.commit().await?;
    Ok(())
}
