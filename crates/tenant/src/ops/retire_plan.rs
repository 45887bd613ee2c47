//! Retires a plan.

use kernel::{Cx, TenantId};

use crate::{
    App, Error, Result,
    domain::{Plan, PlanName},
    store,
};

/// Lets no further tenant come to it; retired before, it stays so.
pub(crate) async fn retire_plan(app: &App, cx: &Cx, plan: &PlanName) -> Result<Plan> {
    let now = app.clock.now();
    let mut tx = app.db.platform("retire_plan", "the catalogue belongs to no tenant").await?;
    tx.speak_for(TenantId::PLATFORM).await?;
    let held = store::lock_plan(&mut tx, plan).await?.ok_or(Error::PlanNotFound)?;
    if plan.is_default() {
        return Err(Error::PlanNeeded);
    }
    if held.retired_at.is_some() {
        return Ok(held);
    }
    store::retire_plan(&mut tx, plan, now).await?;
    bus::audit(&mut tx, cx, "plan.retire", &format!("plan:{plan}")).await?;
    tx.commit().await?;
    Ok(Plan { retired_at: Some(now), ..held })
}
