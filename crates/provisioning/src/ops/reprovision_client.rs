//! Sets an active or failed client's workspace up again, as a new run.

use kernel::Cx;

use super::{
    Wish,
    begin_run::{begin_run, is_open, latest_run},
    get_client_status::{ClientStatus, get_client_status},
    keep_moved::keep_moved,
    known_reply::{keep_reply, known_reply},
    locked, tenant_of,
};
use crate::{App, Result, domain::Stage};

/// The name under which replies to repeated keys are kept.
const OPERATION: &str = "ReprovisionClient";

/// Begins a new run from the first step. An active client stays active meanwhile; one whose run is under way, or that
/// is on its way, is answered as it stands.
pub(crate) async fn reprovision_client(app: &App, cx: &Cx, wish: Wish) -> Result<ClientStatus> {
    let (now, id) = (app.clock.now(), wish.client_id);
    let mut tx = app.db.tenant(tenant_of(cx)?, "reprovision_client").await?;
    if let Some(known) = known_reply(&mut tx, cx, OPERATION, &wish.fingerprint).await? {
        tx.commit().await?;
        return get_client_status(app, cx, known).await;
    }
    let client = locked(&mut tx, id, now).await?;
    let settled = matches!(client.stage, Stage::Active | Stage::Failed);
    let client = keep_moved(&mut tx, cx, client.resume(now)?).await?.client();
    let busy = latest_run(&mut tx, &client).await?.as_ref().is_some_and(is_open);
    if settled && !busy {
        begin_run(&mut tx, cx, client).await?;
        bus::audit(&mut tx, cx, "client.reprovision", &format!("client:{id}")).await?;
    }
    keep_reply(&mut tx, cx, OPERATION, id).await?;
    tx.commit().await?;
    get_client_status(app, cx, id).await
}
