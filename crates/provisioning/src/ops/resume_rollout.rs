//! Lets invitations go out again on the platform.

use kernel::{Cx, TenantId};
use wire::provisioning::v1::RolloutResumed;

use super::get_rollout::{RolloutStatus, begin, status};
use crate::{App, Result, domain::Turn, store};

/// Ends a halt of the platform; tenants that were halted themselves stay so.
pub(crate) async fn resume_rollout(app: &App, cx: &Cx) -> Result<RolloutStatus> {
    let mut tx = begin(app, "resume_rollout").await?;
    let rollout = match store::lock_rollout(&mut tx).await?.resume() {
        Turn::Already(rollout) => return status(&mut tx, app, rollout).await,
        Turn::New(rollout) => rollout,
    };
    store::update_rollout(&mut tx, &rollout).await?;
    bus::audit(&mut tx, cx, "rollout.resume", "rollout:platform").await?;
    bus::emit(&mut tx, cx, TenantId::PLATFORM.uuid(), &RolloutResumed {}).await?;
    let shown = status(&mut tx, app, rollout).await?;
    tx.commit().await?;
    Ok(shown)
}
