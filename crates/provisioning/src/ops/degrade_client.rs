//! An active client's workspace does not work any more, or nobody knows whether it does.

use kernel::{Cx, Timestamp};
use pg::TenantTx;
use wire::provisioning::v1::ClientDegraded;

use super::open_trouble::open_trouble;
use crate::{
    Result,
    domain::{Cause, Client, TroubleKind},
    store,
};

/// Shows the cause beside the stage, which stays, and puts the client into the operators' queue.
pub(super) async fn degrade_client(
    tx: &mut TenantTx,
    cx: &Cx,
    client: Client,
    cause: Cause,
    now: Timestamp,
) -> Result<()> {
    open_trouble(tx, &client, TroubleKind::Degraded, &cause, now).await?;
    let fact = ClientDegraded {
        client_id: client.client_id.to_string(),
        reason: cause.reason.clone(),
        message: cause.message.clone(),
    };
    let client = client.degraded(cause, now);
    store::update_client(tx, &client).await?;
    bus::audit(tx, cx, "client.degrade", &format!("client:{}", client.client_id)).await?;
    bus::emit(tx, cx, client.client_id.uuid(), &fact).await?;
    Ok(())
}
