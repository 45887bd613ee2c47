//! Finds the tenant behind a slug, a host or an id.

use kernel::{Slug, TenantId};

use crate::{App, Error, Result, domain::Tenant, ops::get_tenant, store};

/// What names the tenant.
#[derive(Debug)]
pub(crate) enum By {
    Id(TenantId),
    Slug(Slug),
    /// A custom host; none can be proven yet, so none resolves.
    Host,
}

/// The tenant so named.
pub(crate) async fn resolve_tenant(app: &App, by: By) -> Result<Tenant> {
    match by {
        By::Id(id) => get_tenant(app, id).await,
        By::Slug(slug) => {
            let mut tx = app
                .db
                .platform("resolve_tenant", "the tenant behind a slug is not known yet")
                .await?;
            let tenant =
                store::tenant_by_slug(&mut tx, &slug).await?.ok_or(Error::TenantNotFound)?;
            tx.commit().await?;
            Ok(tenant)
        }
        By::Host => Err(Error::TenantNotFound),
    }
}
