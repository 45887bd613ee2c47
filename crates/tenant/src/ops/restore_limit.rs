//! Lets the plan decide again about a resource of a tenant.

use kernel::{Cx, TenantId};

use super::set_plan::tell_changed;
use crate::{
    App, Error, Result,
    domain::{Resource, Tenant},
    store,
};

/// The tenant without the override; without one, it stays as it is.
pub(crate) async fn restore_limit(
    app: &App,
    cx: &Cx,
    id: TenantId,
    resource: Resource,
) -> Result<Tenant> {
    let mut tx = app.db.tenant(id, "restore_limit").await?;
    let tenant = store::lock_tenant(&mut tx).await?.ok_or(Error::TenantNotFound)?;
    if !store::delete_override(&mut tx, resource).await? {
        return Ok(tenant);
    }
    bus::audit(&mut tx, cx, "tenant.limit.restore", &format!("tenant:{id}")).await?;
    let tenant = tell_changed(app, cx, &mut tx).await?;
    tx.commit().await?;
    Ok(tenant)
}
