//! Opens invitations to the next stage of the rollout.

use kernel::{Cx, TenantId};
use wire::provisioning::v1::RolloutPromoted;

use super::get_rollout::{RolloutStatus, begin, status};
use crate::{
    App, Error, Result,
    domain::{Cohort, Mover, Turn},
    store,
};

/// Leaves the stage `from`, if nothing stands in the way. Of two that ask at once one makes the step, and the other
/// finds it made.
pub(crate) async fn promote_rollout(app: &App, cx: &Cx, from: Cohort) -> Result<RolloutStatus> {
    let mut tx = begin(app, "promote_rollout").await?;
    let rollout = store::lock_rollout(&mut tx).await?;
    let shown = status(&mut tx, app, rollout.clone()).await?;
    let rollout = match rollout.promote(from, Mover::new(cx, app.clock.now(), None))? {
        Turn::Already(_) => return Ok(shown),
        Turn::New(rollout) => rollout,
    };
    let obstacles = shown.gate.map(|gate| gate.obstacles()).unwrap_or_default();
    if !obstacles.is_empty() {
        return Err(Error::GateShut(obstacles));
    }
    store::update_rollout(&mut tx, &rollout).await?;
    let target = format!("rollout:{}", rollout.stage);
    bus::audit(&mut tx, cx, "rollout.promote", &target).await?;
    let fact = RolloutPromoted { from: from.to_string(), to: rollout.stage.to_string() };
    bus::emit(&mut tx, cx, TenantId::PLATFORM.uuid(), &fact).await?;
    let shown = status(&mut tx, app, rollout).await?;
    tx.commit().await?;
    Ok(shown)
}
