//! The person accepted: the client's work begins.

use kernel::{ClientId, Cx, Email, InviteId, Timestamp, UserId};
use pg::TenantTx;

use super::{
    begin_run::start_run,
    follow_person::renew_address,
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
    /// The address that was invited.
    pub(crate) invited: Option<Email>,
}

/// Confirms the address and begins the job, once however often it is heard. An invitation made by others counts as
/// well, where its person turned out to be a client, also before we were told of that invitation; any other is none of
/// ours.
pub(crate) async fn confirm_email(app: &App, cx: &Cx, command: ConfirmEmail) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant_of(cx)?, "confirm_email").await?;
    if let Some(user_id) = command.user_id {
        store::share_person_address(&mut tx, user_id).await?;
    }
    let Some(mut client) = find(&mut tx, &command, now).await? else {
        return Ok(());
    };
    if client.stage == Stage::Revoked {
        tracing::warn!(client.id = %client.client_id, "a revoked client's invitation was accepted");
        return Ok(());
    }
    client.invite_id = Some(command.invite_id);
    client.user_id = command.user_id.or(client.user_id);
    let client = confirm(&mut tx, cx, client, now).await?;
    renew_address(&mut tx, cx, client).await?;
    tx.commit().await?;
    Ok(())
}

/// The client of the invitation, locked; else the one who waits to be invited under the address.
async fn find(tx: &mut TenantTx, command: &ConfirmEmail, now: Timestamp) -> Result<Option<Client>> {
    let key =
        Key { client_id: command.client_id, invite_id: Some(command.invite_id), ..Key::default() };
    if let Some(client) = store::lock_clients(tx, &key, now).await?.pop() {
        return Ok(Some(client));
    }
    let key = Key { email: command.invited.as_ref(), ..Key::default() };
    let known = store::lock_clients(tx, &key, now).await?.pop();
    Ok(known.filter(|client| matches!(client.stage, Stage::Invited | Stage::Expired)))
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
