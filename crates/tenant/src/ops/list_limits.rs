//! Shows what a tenant may have and what it has.

use std::collections::BTreeMap;

use kernel::TenantId;

use crate::{
    App, Error, Result,
    domain::{Line, Resource},
    store,
};

/// What something holds the tenant to: what is counted elsewhere, and of what is counted here what was ever taken, with
/// what is used of it. A limit of what no service takes would be no limit.
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
    let line = |resource: &Resource| {
        let used = used.get(resource).copied();
        (used.is_some() || resource.period(now).is_none()).then(|| Line {
            resource: *resource,
            most: tenant.limits.get(resource).copied(),
            overridden: overrides.contains_key(resource),
            used,
        })
    };
    Ok(Resource::ALL.iter().filter_map(line).collect())
}
