//! Shows where a tenant stands in the rollout.

use kernel::Cx;

use super::tenant_of;
use crate::{
    App, Result,
    domain::{Placement, Rollout},
    store,
};

/// A tenant's placement, and the rollout it is part of.
#[derive(Debug)]
pub(crate) struct PlacementStatus {
    pub(crate) placement: Placement,
    pub(crate) rollout: Rollout,
}

/// The tenant's placement.
pub(crate) async fn get_placement(app: &App, cx: &Cx) -> Result<PlacementStatus> {
    let mut tx = app.db.tenant(tenant_of(cx)?, "get_placement").await?;
    let placement = store::placement(&mut tx).await?;
    let rollout = store::rollout(&mut tx).await?;
    tx.commit().await?;
    Ok(PlacementStatus { placement, rollout })
}
