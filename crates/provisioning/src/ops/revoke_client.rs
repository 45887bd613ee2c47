//! Ends a client's onboarding by hand, at any stage.

use kernel::{ClientId, Cx};

use super::{
    begin_run::{is_open, latest_run},
    begin_withdrawal::begin_withdrawal,
    keep_moved::{Kept, keep_moved},
    known_reply::{keep_reply, known_reply},
    locked, tenant_of,
};
use crate::{
    App, Result,
    domain::{Cause, Client, Reason, Stage},
};

/// The name under which replies to repeated keys are kept.
const OPERATION: &str = "RevokeClient";

/// The wish to end it.
#[derive(Debug)]
pub(crate) struct RevokeClient {
    pub(crate) client_id: ClientId,
    pub(crate) reason: Reason,
    /// A digest of the request, by which a reused idempotency key is told from a repeated one.
    pub(crate) fingerprint: Vec<u8>,
}

/// Revokes the client at once, and begins the job that takes back what can be taken back. A revoked client stays as
/// it is.
pub(crate) async fn revoke_client(app: &App, cx: &Cx, command: RevokeClient) -> Result<Client> {
    let (now, id) = (app.clock.now(), command.client_id);
    let mut tx = app.db.tenant(tenant_of(cx)?, "revoke_client").await?;
    if let Some(known) = known_reply(&mut tx, cx, OPERATION, &command.fingerprint).await? {
        let client = locked(&mut tx, known, now).await?;
        tx.commit().await?;
        return Ok(client);
    }
    let client = locked(&mut tx, id, now).await?;
    let cause = cause_of(&client, &command.reason);
    let run = latest_run(&mut tx, &client).await?;
    let client = match keep_moved(&mut tx, cx, client.revoke(cause, now)?).await? {
        Kept::Already(client) => client,
        Kept::New(client) => {
            if let Some(run) = run.filter(is_open) {
                jobs::cancel(&mut tx, cx, run.id).await?;
            }
            begin_withdrawal(&mut tx, cx, &id.to_string(), id, client.invite_id).await?;
            client
        }
    };
    keep_reply(&mut tx, cx, OPERATION, id).await?;
    tx.commit().await?;
    Ok(client)
}

/// Says why, and what has to be taken back by hand: the backend has no call for it, and who became a member stays one.
fn cause_of(client: &Client, reason: &Reason) -> Cause {
    let mut message = if reason.is_empty() {
        "Revoked by hand.".to_owned()
    } else {
        format!("Revoked by hand: {}.", reason.as_str().trim_end_matches('.'))
    };
    if !matches!(client.stage, Stage::Invited | Stage::Expired) {
        message.push_str(
            " The legacy backend may still hold the spreadsheet and its token: switch them off there. \
             The person stays a member of the tenant.",
        );
    }
    Cause { reason: "revoked_by_hand".into(), message }
}
