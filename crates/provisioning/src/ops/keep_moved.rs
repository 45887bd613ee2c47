//! What every move of a client leaves behind: the row, the fact, the audit row.

use kernel::Cx;
use pg::TenantTx;
use wire::provisioning::v1::ClientAdvanced;

use super::note_milestone::note_milestone;
use crate::{
    Result,
    domain::{Client, Milestone, Moved, Stage},
    store,
};

/// What came of a move, kept.
#[derive(Debug)]
pub(super) enum Kept {
    New(Client),
    Already(Client),
}

impl Kept {
    pub(super) fn client(self) -> Client {
        match self {
            Self::New(client) | Self::Already(client) => client,
        }
    }
}

/// Keeps a move of a locked client in the transaction that made it.
pub(super) async fn keep_moved(tx: &mut TenantTx, cx: &Cx, moved: Moved) -> Result<Kept> {
    let (client, from) = match moved {
        Moved::New(client, from) => (client, from),
        Moved::Already(client) => return Ok(Kept::Already(client)),
    };
    store::update_client(tx, &client).await?;
    note_milestone(tx, client.client_id, Milestone::of(client.stage), client.updated_at).await?;
    // What an operator had to look at is over with the client's success or end, and with an acceptance that came late.
    if matches!(client.stage, Stage::Active | Stage::Revoked) || from == Stage::Expired {
        let (who, now) = (cx.actor.label(), client.updated_at);
        store::close_trouble(tx, client.client_id, &who, now).await?;
    }
    let target = format!("client:{}", client.client_id);
    bus::audit(tx, cx, &format!("client.become.{}", client.stage), &target).await?;
    let fact = ClientAdvanced {
        client_id: client.client_id.to_string(),
        from: from.to_string(),
        to: client.stage.to_string(),
        reason: client.reason.clone().unwrap_or_default(),
        message: client.message.clone().unwrap_or_default(),
    };
    bus::emit(tx, cx, client.client_id.uuid(), &fact).await?;
    tracing::debug!(client.id = %client.client_id, from = %from, to = %client.stage, "client moved");
    Ok(Kept::New(client))
}
