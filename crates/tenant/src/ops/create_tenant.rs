//! Creates a tenant.

use kernel::{Cx, Locale, Slug, TenantId};
use wire::tenant::v1::TenantCreated;

use crate::{
    App, Error, Result,
    domain::{Status, Tenant, TenantName, slug_from},
    store,
};

/// The wish for a tenant.
#[derive(Debug)]
pub(crate) struct CreateTenant {
    pub(crate) name: TenantName,
    pub(crate) slug: Option<Slug>,
    pub(crate) locale: Locale,
}

/// Creates a tenant under a fresh id, bound to itself from its first row on.
pub(crate) async fn create_tenant(app: &App, cx: &Cx, command: CreateTenant) -> Result<Tenant> {
    let slug = command.slug.or_else(|| slug_from(&command.name)).ok_or(Error::SlugNeeded)?;
    let tenant = Tenant {
        tenant_id: app.clock.new_id::<TenantId>(),
        slug,
        name: command.name,
        status: Status::Active,
        locale: command.locale,
        created_at: app.clock.now(),
    };
    let mut tx = app.db.tenant(tenant.tenant_id, "create_tenant").await?;
    store::insert_tenant(&mut tx, &tenant).await?;
    bus::audit(&mut tx, cx, "tenant.create", &format!("tenant:{}", tenant.tenant_id)).await?;
    let fact = TenantCreated {
        tenant_id: tenant.tenant_id.to_string(),
        slug: tenant.slug.to_string(),
        name: tenant.name.to_string(),
    };
    bus::emit(&mut tx, cx, tenant.tenant_id.uuid(), &fact).await?;
    tx.commit().await?;
    Ok(tenant)
}
