//! Lets a tenant's invitations go out again.

use kernel::Cx;
use wire::provisioning::v1::PlacementResumed;

use super::{get_placement::PlacementStatus, tenant_of};
use crate::{App, Result, domain::Placement, store};

/// Ends the tenant's halt; one of the platform outweighs it.
pub(crate) async fn resume_tenant(app: &App, cx: &Cx) -> Result<PlacementStatus> {
    let tenant = tenant_of(cx)?;
    let mut tx = app.db.tenant(tenant, "resume_tenant").await?;
    store::stop_inviting(&mut tx).await?;
    let rollout = store::rollout(&mut tx).await?;
    let placement = store::placement(&mut tx).await?;
    if placement.halted_at.is_none() {
        return Ok(PlacementStatus { placement, rollout });
    }
    let placement = Placement { cohort: placement.cohort, ..Placement::default() };
    store::keep_placement(&mut tx, &placement).await?;
    bus::audit(&mut tx, cx, "rollout.tenant.resume", &format!("tenant:{tenant}")).await?;
    bus::emit(&mut tx, cx, tenant.uuid(), &PlacementResumed {}).await?;
    tx.commit().await?;
    Ok(PlacementStatus { placement, rollout })
}
