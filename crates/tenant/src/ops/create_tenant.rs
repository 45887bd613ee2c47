//! Creates a tenant.

use std::time::Duration;

use kernel::{Cx, Locale, Slug, TenantId};
use wire::tenant::v1::TenantCreated;

use super::tell_limits::tell_limits;
use crate::{
    App, Error, Result,
    domain::{PlanName, Status, Tenant, TenantName, slug_from},
    store,
};

/// The wish for a tenant.
#[derive(Debug)]
pub(crate) struct CreateTenant {
    pub(crate) name: TenantName,
    pub(crate) slug: Option<Slug>,
    pub(crate) locale: Locale,
    pub(crate) plan: PlanName,
    /// How long it is on trial; active at once where none is given.
    pub(crate) trial: Option<Duration>,
}

/// Creates a tenant under a fresh id, bound to itself from its first row on. What that costs does not depend on how many
/// tenants there are.
pub(crate) async fn create_tenant(app: &App, cx: &Cx, command: CreateTenant) -> Result<Tenant> {
    let slug = command.slug.or_else(|| slug_from(&command.name)).ok_or(Error::SlugNeeded)?;
    let (tenant_id, now) = (app.clock.new_id::<TenantId>(), app.clock.now());
    let mut tx = app.db.tenant(tenant_id, "create_tenant").await?;
    let plan = store::plan(&mut tx, &command.plan).await?;
    let plan = plan.filter(|plan| plan.retired_at.is_none()).ok_or(Error::PlanNotFound)?;
    let tenant = Tenant {
        tenant_id,
        slug,
        name: command.name,
        status: if command.trial.is_some() { Status::Trial } else { Status::Active },
        locale: command.locale,
        created_at: now,
        status_reason: String::new(),
        status_by: cx.actor.label(),
        status_since: now,
        trial_ends_at: command.trial.map(|trial| now.after(trial)),
        closes_at: None,
        closed_from: None,
        epoch: 1,
        plan: plan.plan,
        limits: plan.limits,
        allowed_origins: Vec::new(),
    };
    store::insert_tenant(&mut tx, &tenant).await?;
    bus::audit(&mut tx, cx, "tenant.create", &format!("tenant:{tenant_id}")).await?;
    let fact = TenantCreated {
        tenant_id: tenant_id.to_string(),
        slug: tenant.slug.to_string(),
        name: tenant.name.to_string(),
    };
    bus::emit(&mut tx, cx, tenant_id.uuid(), &fact).await?;
    if !tenant.limits.is_empty() {
        tell_limits(&mut tx, cx, &tenant).await?;
    }
    tx.commit().await?;
    Ok(tenant)
}
