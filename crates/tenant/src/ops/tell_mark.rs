//! Tells which marks of a limit a tenant's usage passes.

use kernel::{Cx, TenantId, Timestamp};
use pg::TenantTx;
use wire::tenant::v1::{QuotaEased, QuotaNeared};

use crate::{
    Result,
    domain::{Mark, Resource, Tenant, Usage},
    store,
};

/// Tells of the mark that a locked usage passes under this limit, if it passes one that was not told.
pub(super) async fn tell_mark(
    tx: &mut TenantTx,
    cx: &Cx,
    tenant: TenantId,
    (resource, period): (Resource, &str),
    usage: Usage,
    most: Option<i64>,
) -> Result<()> {
    let Some(mark) = usage.mark(most) else {
        return Ok(());
    };
    store::update_told(tx, resource, period, mark.stands()).await?;
    let (resource, used, percent) = (resource.to_string(), usage.used, i32::from(mark.stands()));
    match mark {
        Mark::Neared(_) => {
            let most = most.unwrap_or_default();
            let fact = QuotaNeared { resource, used, most, percent };
            bus::emit(tx, cx, tenant.uuid(), &fact).await?
        }
        Mark::Eased(_) => {
            let fact = QuotaEased { resource, used, most, percent };
            bus::emit(tx, cx, tenant.uuid(), &fact).await?
        }
    };
    Ok(())
}

/// The same of everything that is counted in the periods under way, after the limits of a locked tenant have changed.
pub(super) async fn tell_marks(
    tx: &mut TenantTx,
    cx: &Cx,
    tenant: &Tenant,
    now: Timestamp,
) -> Result<()> {
    for resource in Resource::ALL.iter().copied() {
        let Some(period) = resource.period(now) else { continue };
        if let Some(usage) = store::lock_usage(tx, resource, &period).await? {
            let most = tenant.limits.get(&resource).copied();
            tell_mark(tx, cx, tenant.tenant_id, (resource, &period), usage, most).await?;
        }
    }
    Ok(())
}
