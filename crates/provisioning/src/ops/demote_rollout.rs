//! Takes the rollout back to an earlier stage.

use kernel::{Cx, TenantId};
use wire::provisioning::v1::RolloutDemoted;

use super::get_rollout::{RolloutStatus, begin, status};
use crate::{
    App, Result,
    domain::{Cohort, Mover, Note, Turn},
    store,
};

/// Goes back to `to`, where proving begins anew. Clients invited before go on.
pub(crate) async fn demote_rollout(
    app: &App,
    cx: &Cx,
    to: Cohort,
    reason: Note,
) -> Result<RolloutStatus> {
    let mut tx = begin(app, "demote_rollout").await?;
    let rollout = store::lock_rollout(&mut tx).await?;
    let from = rollout.stage;
    let rollout = match rollout.demote(to, Mover::new(cx, app.clock.now(), Some(&reason)))? {
        Turn::Already(rollout) => return status(&mut tx, app, rollout).await,
        Turn::New(rollout) => rollout,
    };
    store::update_rollout(&mut tx, &rollout).await?;
    bus::audit(&mut tx, cx, "rollout.demote", &format!("rollout:{to}")).await?;
    let fact = RolloutDemoted {
        from: from.to_string(),
        to: to.to_string(),
        reason: reason.as_str().to_owned(),
    };
    bus::emit(&mut tx, cx, TenantId::PLATFORM.uuid(), &fact).await?;
    let shown = status(&mut tx, app, rollout).await?;
    tx.commit().await?;
    Ok(shown)
}
