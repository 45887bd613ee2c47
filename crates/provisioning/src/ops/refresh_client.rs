//! An active client's workspace was set up again and works.

use kernel::{Cx, Timestamp};
use pg::TenantTx;
use wire::provisioning::v1::ClientRefreshed;

use crate::{Result, domain::Client, store};

/// Takes the trouble away that an active client may have had, and tells that its workspace works.
pub(super) async fn refresh_client(
    tx: &mut TenantTx,
    cx: &Cx,
    client: Client,
    now: Timestamp,
) -> Result<()> {
    let client = client.recovered(now);
    store::update_client(tx, &client).await?;
    store::close_trouble(tx, client.client_id, &cx.actor.label(), now).await?;
    let target = format!("client:{}", client.client_id);
    bus::audit(tx, cx, "client.refresh", &target).await?;
    let fact = ClientRefreshed { client_id: client.client_id.to_string() };
    bus::emit(tx, cx, client.client_id.uuid(), &fact).await?;
    Ok(())
}
