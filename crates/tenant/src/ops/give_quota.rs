//! Gives back what was taken of a resource.

use kernel::{Cx, TenantId};

use super::tell_mark::tell_mark;
use crate::{
    App, Error, Result,
    domain::{Resource, Standing},
    store,
};

/// Gives back what was taken under the key; given back before or never taken, nothing changes.
pub(crate) async fn give_quota(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    resource: Resource,
    key: &str,
) -> Result<Standing> {
    let now = app.clock.now();
    let period = resource.period(now).ok_or(Error::CountedElsewhere)?;
    let mut tx = app.db.tenant(tenant, "give_quota").await?;
    // In the order of a take: what is used in the period of the take, then the take.
    if let Some(known) = store::take(&mut tx, resource, key).await? {
        store::lock_usage(&mut tx, resource, &known.period).await?;
    }
    let most = store::tenant(&mut tx).await?.ok_or(Error::TenantNotFound)?;
    let most = most.limits.get(&resource).copied();
    let take = store::lock_take(&mut tx, resource, key).await?;
    if let Some(take) = take.filter(|take| take.given_at.is_none()) {
        store::mark_given(&mut tx, resource, key, now).await?;
        let usage = store::count_less(&mut tx, resource, &take.period, take.amount).await?;
        // Nobody is told about a period that is over.
        if let (Some(usage), true) = (usage, take.period == period) {
            tell_mark(&mut tx, cx, tenant, (resource, &period), usage, most).await?;
        }
    }
    let used = store::used(&mut tx, resource, &period).await?;
    tx.commit().await?;
    Ok(Standing { resource, most, used })
}
