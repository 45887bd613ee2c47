//! Opens invitations to the next stage of the rollout against its gate.

use kernel::{Cx, TenantId};
use wire::provisioning::v1::RolloutOverridden;

use super::get_rollout::{RolloutStatus, begin, status};
use crate::{
    App, Result,
    domain::{Cohort, Mover, Note, Turn},
    store,
};

/// Leaves the stage `from` whatever stands in the way; what did is told with the fact.
pub(crate) async fn override_gate(
    app: &App,
    cx: &Cx,
    from: Cohort,
    reason: Note,
) -> Result<RolloutStatus> {
    let mut tx = begin(app, "override_gate").await?;
    let rollout = store::lock_rollout(&mut tx).await?;
    let shown = status(&mut tx, app, rollout.clone()).await?;
    let rollout = match rollout.promote(from, Mover::new(cx, app.clock.now(), Some(&reason)))? {
        Turn::Already(_) => return Ok(shown),
        Turn::New(rollout) => rollout,
    };
    store::update_rollout(&mut tx, &rollout).await?;
    let target = format!("rollout:{}", rollout.stage);
    bus::audit(&mut tx, cx, "rollout.override", &target).await?;
    let obstacles = shown.gate.map(|gate| gate.obstacles()).unwrap_or_default();
    let fact = RolloutOverridden {
        from: from.to_string(),
        to: rollout.stage.to_string(),
        reason: reason.as_str().to_owned(),
        obstacles: obstacles.iter().map(|one| one.code().to_owned()).collect(),
    };
    bus::emit(&mut tx, cx, TenantId::PLATFORM.uuid(), &fact).await?;
    let shown = status(&mut tx, app, rollout).await?;
    tx.commit().await?;
    Ok(shown)
}
