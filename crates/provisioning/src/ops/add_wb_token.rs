//! Gives a client its marketplace token, or another one in its place.

use kernel::{ClientId, Cx, Timestamp};
use pg::TenantTx;

use super::{
    begin_run::begin_run,
    get_client_status::{ClientStatus, get_client_status},
    keep_moved::keep_moved,
    known_reply::{keep_reply, known_reply},
    locked,
    replace_token::{has_token, replace_token},
    tenant_of,
};
use crate::{
    App, Error, Result,
    domain::{Client, Reason, Stage, WbToken},
};

/// The name under which replies to repeated keys are kept.
const OPERATION: &str = "AddWbToken";

/// The wish for another token.
#[derive(Debug)]
pub(crate) struct AddWbToken {
    pub(crate) client_id: ClientId,
    pub(crate) token: WbToken,
    pub(crate) reason: Reason,
    /// A digest of the request, by which a reused idempotency key is told from a repeated one.
    pub(crate) fingerprint: Vec<u8>,
}

/// Puts the token in place and begins the run that brings it to the backend. The token that stands already changes
/// nothing.
pub(crate) async fn add_wb_token(app: &App, cx: &Cx, command: AddWbToken) -> Result<ClientStatus> {
    let (now, id) = (app.clock.now(), command.client_id);
    let tenant = tenant_of(cx)?;
    app.vault.prepare(&app.db, tenant).await?;
    let mut tx = app.db.tenant(tenant, "add_wb_token").await?;
    if let Some(known) = known_reply(&mut tx, cx, OPERATION, &command.fingerprint).await? {
        tx.commit().await?;
        return get_client_status(app, cx, known).await;
    }
    let client = locked(&mut tx, id, now).await?;
    if client.stage == Stage::Revoked {
        return Err(Error::StageForbids(client.stage.as_str()));
    }
    if !has_token(&mut tx, app, cx, &client, &command.token).await? {
        if client.wb_token_hint.is_some() && command.reason.is_empty() {
            return Err(Error::ReasonNeeded);
        }
        let (token, reason) = (&command.token, &command.reason);
        let client = replace_token(&mut tx, app, cx, client, token, reason).await?;
        bring_over(&mut tx, cx, client, now).await?;
    }
    keep_reply(&mut tx, cx, OPERATION, id).await?;
    tx.commit().await?;
    get_client_status(app, cx, id).await
}

/// Has the token that was just given brought to the backend, unless the client's work has not begun.
pub(super) async fn bring_over(
    tx: &mut TenantTx,
    cx: &Cx,
    client: Client,
    now: Timestamp,
) -> Result<Client> {
    if matches!(client.stage, Stage::Invited | Stage::Expired | Stage::Revoked) {
        return Ok(client);
    }
    let client = keep_moved(tx, cx, client.resume(now)?).await?.client();
    begin_run(tx, cx, client).await
}
