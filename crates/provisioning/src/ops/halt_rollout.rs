//! The kill switch: stops invitations on the whole platform.

use kernel::{Cx, TenantId};
use wire::provisioning::v1::RolloutHalted;

use super::get_rollout::{RolloutStatus, begin, status};
use crate::{
    App, Result,
    domain::{Mover, Note, Turn},
    store,
};

/// Stops them at once: when this has answered, nobody new is invited. Whoever was invited before goes on.
pub(crate) async fn halt_rollout(app: &App, cx: &Cx, reason: Note) -> Result<RolloutStatus> {
    let mut tx = begin(app, "halt_rollout").await?;
    let rollout = store::lock_rollout(&mut tx).await?;
    let rollout = match rollout.halt(Mover::new(cx, app.clock.now(), Some(&reason))) {
        Turn::Already(rollout) => return status(&mut tx, app, rollout).await,
        Turn::New(rollout) => rollout,
    };
    store::update_rollout(&mut tx, &rollout).await?;
    bus::audit(&mut tx, cx, "rollout.halt", "rollout:platform").await?;
    let fact = RolloutHalted { reason: reason.as_str().to_owned() };
    bus::emit(&mut tx, cx, TenantId::PLATFORM.uuid(), &fact).await?;
    let shown = status(&mut tx, app, rollout).await?;
    tx.commit().await?;
    Ok(shown)
}
