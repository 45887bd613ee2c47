//! Takes some of a resource.

use kernel::{Cx, TenantId};

use super::tell_mark::tell_mark;
use crate::{
    App, Error, Result,
    domain::{Resource, Standing, Take},
    store,
};

/// The wish for some of a resource.
#[derive(Debug)]
pub(crate) struct TakeQuota {
    pub(crate) resource: Resource,
    pub(crate) amount: i64,
    /// What it is taken for: the same key takes once.
    pub(crate) key: String,
}

/// Takes it, or refuses where that would be more than the limit, or where what the key took was given back. Whoever
/// takes at the same time waits and sees.
pub(crate) async fn take_quota(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: TakeQuota,
) -> Result<Standing> {
    let TakeQuota { resource, amount, key } = command;
    let now = app.clock.now();
    let period = resource.period(now).ok_or(Error::CountedElsewhere)?;
    let mut tx = app.db.tenant(tenant, "take_quota").await?;
    store::ensure_usage(&mut tx, resource, &period).await?;
    let held = store::lock_usage(&mut tx, resource, &period).await?.unwrap_or_default();
    // Read under the lock: whoever changes the limits looks at what is used after us, or we look at theirs.
    let most = store::tenant(&mut tx).await?.ok_or(Error::TenantNotFound)?;
    let most = most.limits.get(&resource).copied();
    let take = Take { period: period.clone(), amount, given_at: None };
    if !store::insert_take(&mut tx, resource, &key, &take, &cx.actor.label(), now).await? {
        return match store::lock_take(&mut tx, resource, &key).await? {
            Some(known) if known.amount != amount => Err(Error::KeyReused),
            Some(known) if known.given_at.is_some() => Err(Error::GivenBack),
            _ => Ok(Standing { resource, most, used: held.used }),
        };
    }
    let counted = store::count_more(&mut tx, resource, &period, amount, most).await?;
    let usage = counted.ok_or(Error::QuotaExceeded { resource, used: held.used, most })?;
    tell_mark(&mut tx, cx, tenant, (resource, &period), usage, most).await?;
    tx.commit().await?;
    Ok(Standing { resource, most, used: usage.used })
}
