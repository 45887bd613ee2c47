//! Moves a tenant to a plan.

use kernel::{Cx, TenantId};
use pg::TenantTx;

use super::{tell_limits::tell_limits, tell_mark::tell_marks};
use crate::{
    App, Error, Result,
    domain::{PlanName, Tenant},
    store,
};

/// The tenant under the plan from now on; what it has beside the plan stays.
pub(crate) async fn set_plan(app: &App, cx: &Cx, id: TenantId, plan: &PlanName) -> Result<Tenant> {
    let mut tx = app.db.tenant(id, "set_plan").await?;
    let tenant = store::lock_tenant(&mut tx).await?.ok_or(Error::TenantNotFound)?;
    if tenant.plan == *plan {
        return Ok(tenant);
    }
    let known = store::plan(&mut tx, plan).await?;
    known.filter(|plan| plan.retired_at.is_none()).ok_or(Error::PlanNotFound)?;
    store::update_plan(&mut tx, plan.as_str()).await?;
    bus::audit(&mut tx, cx, "tenant.plan.set", &format!("tenant:{id}")).await?;
    let tenant = tell_changed(app, cx, &mut tx).await?;
    tx.commit().await?;
    Ok(tenant)
}

/// Tells that a locked tenant may have more or less, and which marks it passes by that.
pub(super) async fn tell_changed(app: &App, cx: &Cx, tx: &mut TenantTx) -> Result<Tenant> {
    store::raise_epoch(tx).await?;
    let tenant = store::tenant(tx).await?.ok_or(Error::TenantNotFound)?;
    tell_limits(tx, cx, &tenant).await?;
    tell_marks(tx, cx, &tenant, app.clock.now()).await?;
    Ok(tenant)
}
