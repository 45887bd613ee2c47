//! Says which cohort a tenant's next clients belong to.

use kernel::Cx;
use wire::provisioning::v1::PlacementChanged;

use super::{get_placement::PlacementStatus, tenant_of};
use crate::{
    App, Result,
    domain::{Cohort, Placement},
    store,
};

/// Places the tenant; clients that began before keep their cohort.
pub(crate) async fn place_tenant(
    app: &App,
    cx: &Cx,
    cohort: Option<Cohort>,
) -> Result<PlacementStatus> {
    let tenant = tenant_of(cx)?;
    let mut tx = app.db.tenant(tenant, "place_tenant").await?;
    store::stop_inviting(&mut tx).await?;
    let rollout = store::rollout(&mut tx).await?;
    let placement = store::placement(&mut tx).await?;
    if placement.cohort == cohort {
        return Ok(PlacementStatus { placement, rollout });
    }
    let placement = Placement { cohort, ..placement };
    store::keep_placement(&mut tx, &placement).await?;
    bus::audit(&mut tx, cx, "rollout.place", &format!("tenant:{tenant}")).await?;
    let cohort = cohort.map(|cohort| cohort.to_string()).unwrap_or_default();
    bus::emit(&mut tx, cx, tenant.uuid(), &PlacementChanged { cohort }).await?;
    tx.commit().await?;
    Ok(PlacementStatus { placement, rollout })
}
