//! Tells what a tenant may have.

use kernel::Cx;
use pg::TenantTx;
use wire::tenant::v1::{Limit, TenantLimitsChanged};

use crate::{Result, domain::Tenant};

/// Tells all that holds, so that whoever hears the newest fact knows enough.
pub(super) async fn tell_limits(tx: &mut TenantTx, cx: &Cx, tenant: &Tenant) -> Result<()> {
    let limit = |(resource, most): (_, &i64)| Limit {
        resource: ToString::to_string(resource),
        most: *most,
    };
    let fact = TenantLimitsChanged {
        plan: tenant.plan.to_string(),
        limits: tenant.limits.iter().map(limit).collect(),
        epoch: tenant.epoch,
    };
    bus::emit(tx, cx, tenant.tenant_id.uuid(), &fact).await?;
    Ok(())
}
