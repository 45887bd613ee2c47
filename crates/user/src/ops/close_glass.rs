//! Ends an opening before its time.

use kernel::{Cx, TenantId};
use uuid::Uuid;
use wire::user::v1::GlassClosed;

use crate::{
    App, Result,
    domain::{GlassOpening, Refusal},
    store,
};

/// The opening as it stands then. Ending it again, or one whose time is over, changes nothing.
pub(crate) async fn close_glass(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    opening_id: Uuid,
) -> Result<GlassOpening> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "close_glass").await?;
    let held = store::lock_glass(&mut tx, opening_id).await?.ok_or(Refusal::OpeningNotFound)?;
    if held.closed_at.is_some() || held.expires_at <= now {
        return Ok(held);
    }
    let by = cx.actor.label();
    store::close_glass(&mut tx, opening_id, &by, now).await?;
    bus::audit(&mut tx, cx, "glass.close", &format!("glass:{opening_id}")).await?;
    let fact =
        GlassClosed { opening_id: opening_id.to_string(), user_id: held.user_id.to_string() };
    bus::emit(&mut tx, cx, opening_id, &fact).await?;
    store::bump_epoch(&mut tx, &app.snapshots).await?;
    tx.commit().await?;
    Ok(GlassOpening { closed_at: Some(now), closed_by: Some(by), ..held })
}
