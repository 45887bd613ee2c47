//! Makes a plan.

use kernel::{Cx, TenantId};

use crate::{App, Error, Result, domain::Plan, store};

/// Adds it; the same one again is no error, another of its word is.
pub(crate) async fn create_plan(app: &App, cx: &Cx, plan: Plan) -> Result<Plan> {
    let mut tx = app.db.platform("create_plan", "the catalogue belongs to no tenant").await?;
    tx.speak_for(TenantId::PLATFORM).await?;
    if store::insert_plan(&mut tx, &plan, &cx.actor.label(), app.clock.now()).await? {
        bus::audit(&mut tx, cx, "plan.create", &format!("plan:{}", plan.plan)).await?;
        tx.commit().await?;
        return Ok(plan);
    }
    let held = store::lock_plan(&mut tx, &plan.plan).await?.ok_or(Error::PlanNotFound)?;
    if (&held.title, &held.limits) == (&plan.title, &plan.limits) {
        Ok(held)
    } else {
        Err(Error::PlanStands)
    }
}
