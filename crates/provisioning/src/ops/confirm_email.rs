//! The person accepted: the client's work begins.

use kernel::{ClientId, Cx, InviteId, Timestamp, UserId};
use pg::TenantTx;

use super::{
    begin_run::start_run,
    keep_moved::{Kept, keep_moved},
    tenant_of,
};
use crate::{
    App, Result,
    domain::{Client, Stage},
    store::{self, Key},
};

/// What was heard of an acceptance.
#[derive(Debug)]
pub(crate) struct ConfirmEmail {
    /// What we called the invitation; none where it is not ours.
    pub(crate) client_id: Option<ClientId>,
    pub(crate) invite_id: InviteId,
    pub(crate) user_id: Option<UserId>,
}

/// Confirms the address and begins the job, once however often it is heard. An invitation made by others counts as
/// well, where its person turned out to be a client; any other is none of ours.
pub(crate) async fn confirm_email(app: &App, cx: &Cx, command: ConfirmEmail) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant_of(cx)?, "confirm_email").await?;
    let key =
        Key { client_id: command.client_id, invite_id: Some(command.invite_id), ..Key::default() };
    let Some(mut client) = store::lock_clients(&mut tx, &key, now).await?.pop() else {
        return Ok(());
    };
    if client.stage == Stage::Revoked {
        tracing::warn!(client.id = %client.client_id, "a revoked client's invitation was accepted");
        return Ok(());
    }
    client.invite_id = Some(command.invite_id);
    client.user_id = command.user_id.or(client.user_id);
    confirm(&mut tx, cx, client, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The move and the beginning of the job, in the transaction that locked the client.
pub(super) async fn confirm(
    tx: &mut TenantTx,
    cx: &Cx,
    client: Client,
    now: Timestamp,
) -> Result<Client> {
    let client = match keep_moved(tx, cx, client.advance(Stage::EmailConfirmed, now)?).await? {
        Kept::New(client) => client,
        Kept::Already(client) => return Ok(client),
    };
    start_run(tx, cx, &client).await?;
    Ok(client)
}
