//! Gives one tenant more or less of a resource than its plan says.

use kernel::{Cx, TenantId};

use super::set_plan::tell_changed;
use crate::{
    App, Error, Result,
    domain::{Resource, Tenant},
    store,
};

/// The wish for another limit.
#[derive(Debug)]
pub(crate) struct OverrideLimit {
    pub(crate) resource: Resource,
    /// `None` for any number.
    pub(crate) most: Option<i64>,
    pub(crate) reason: String,
}

/// The tenant under this limit from now on, whatever its plan says.
pub(crate) async fn override_limit(
    app: &App,
    cx: &Cx,
    id: TenantId,
    wish: OverrideLimit,
) -> Result<Tenant> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(id, "override_limit").await?;
    let tenant = store::lock_tenant(&mut tx).await?.ok_or(Error::TenantNotFound)?;
    let held = store::overrides(&mut tx).await?;
    if held.contains(&(wish.resource, wish.most)) {
        return Ok(tenant);
    }
    let by = cx.actor.label();
    store::upsert_override(&mut tx, wish.resource, wish.most, &wish.reason, &by, now).await?;
    bus::audit(&mut tx, cx, "tenant.limit.override", &format!("tenant:{id}")).await?;
    let tenant = tell_changed(app, cx, &mut tx).await?;
    tx.commit().await?;
    Ok(tenant)
}
