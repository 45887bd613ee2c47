//! Shows the rollout and its gate.

use kernel::TenantId;
use pg::PlatformTx;

use crate::{
    App, Result,
    domain::{Gate, Rollout},
    store,
};

/// The rollout, and what its next stage asks for.
#[derive(Debug)]
pub(crate) struct RolloutStatus {
    pub(crate) rollout: Rollout,
    /// Absent at the last stage.
    pub(crate) gate: Option<Gate>,
}

/// Where the rollout stands now.
pub(crate) async fn get_rollout(app: &App) -> Result<RolloutStatus> {
    let mut tx = app.db.platform("get_rollout", "the gate is about all tenants").await?;
    let rollout = store::rollout(&mut tx).await?;
    let status = status(&mut tx, app, rollout).await?;
    tx.commit().await?;
    Ok(status)
}

/// The rollout with its gate, as this transaction sees it.
pub(super) async fn status(
    tx: &mut PlatformTx,
    app: &App,
    rollout: Rollout,
) -> Result<RolloutStatus> {
    let target = app.watch.time_to_active;
    let evidence = store::evidence(tx, &rollout, target, app.clock.now()).await?;
    Ok(RolloutStatus { gate: Gate::of(rollout.stage, evidence, target), rollout })
}

/// A transaction that sees all tenants and speaks in the platform's own name.
pub(super) async fn begin(app: &App, name: &'static str) -> Result<PlatformTx> {
    let mut tx = app.db.platform(name, "the rollout is of all tenants").await?;
    tx.speak_for(TenantId::PLATFORM).await?;
    Ok(tx)
}
