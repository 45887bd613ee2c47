//! The kill switch of one tenant.

use kernel::Cx;
use wire::provisioning::v1::PlacementHalted;

use super::{get_placement::PlacementStatus, tenant_of};
use crate::{
    App, Result,
    domain::{Note, Placement},
    store,
};

/// Stops the tenant's invitations at once; halted before, the first reason stays.
pub(crate) async fn halt_tenant(app: &App, cx: &Cx, reason: Note) -> Result<PlacementStatus> {
    let tenant = tenant_of(cx)?;
    let mut tx = app.db.tenant(tenant, "halt_tenant").await?;
    store::stop_inviting(&mut tx).await?;
    let rollout = store::rollout(&mut tx).await?;
    let placement = store::placement(&mut tx).await?;
    if placement.halted_at.is_some() {
        return Ok(PlacementStatus { placement, rollout });
    }
    let (halted_at, halt_reason) = (Some(app.clock.now()), reason.as_str().to_owned());
    let placement = Placement { halted_at, halt_reason: halt_reason.clone(), ..placement };
    store::keep_placement(&mut tx, &placement).await?;
    bus::audit(&mut tx, cx, "rollout.tenant.halt", &format!("tenant:{tenant}")).await?;
    bus::emit(&mut tx, cx, tenant.uuid(), &PlacementHalted { reason: halt_reason }).await?;
    tx.commit().await?;
    Ok(PlacementStatus { placement, rollout })
}
