//! Shows what a tenant may have and what it has.

use std::collections::BTreeMap;

use kernel::TenantId;

use crate::{
    App, Error, Result,
    domain::{Line, Resource},
    store,
};

/// Every resource, and what is used of those that are counted here.
pub(crate) async fn list_limits(app: &App, id: TenantId) -> Result<Vec<Line>> {
    let now = app.clock.now();
    let counted = || Resource::ALL.iter().filter_map(|one| Some((one, one.period(now)?)));
    let resources: Vec<_> = counted().map(|(resource, _)| resource.to_string()).collect();
    let periods: Vec<_> = counted().map(|(_, period)| period).collect();
    let mut tx = app.db.snapshot(id, "list_limits").await?;
    let tenant = store::tenant(&mut tx).await?.ok_or(Error::TenantNotFound)?;
    let overrides: BTreeMap<_, _> = store::overrides(&mut tx).await?.into_iter().collect();
    let used = store::list_usage(&mut tx, &resources, &periods).await?;
    let used: BTreeMap<_, _> = used.into_iter().collect();
    tx.commit().await?;
    let line = |resource: &Resource| Line {
        resource: *resource,
        most: tenant.limits.get(resource).copied(),
        overridden: overrides.contains_key(resource),
        used: resource.period(now).map(|_| used.get(resource).copied().unwrap_or_default()),
    };
    Ok(Resource::ALL.iter().map(line).collect())
}
