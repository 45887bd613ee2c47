//! Finds the tenant behind a slug, a host or an id.

use kernel::{Slug, TenantId};
use pg::PlatformTx;

use crate::{
    App, Error, Result,
    domain::{Tenant, candidates},
    ops::get_tenant,
    store,
};

/// What names the tenant.
#[derive(Debug)]
pub(crate) enum By {
    Id(TenantId),
    Slug(Slug),
    /// A host of its own, in lower case.
    Host(String),
}

/// The tenant so named, with its status and its limits: one question to the database.
pub(crate) async fn resolve_tenant(app: &App, by: By) -> Result<Tenant> {
    let (found, tx) = match by {
        By::Id(id) => return get_tenant(app, id).await,
        By::Slug(slug) => {
            let mut tx = begin(app).await?;
            (store::tenant_by_slug(&mut tx, &slug).await?, tx)
        }
        By::Host(host) => {
            let mut tx = begin(app).await?;
            (store::tenant_by_host(&mut tx, &candidates(&host)).await?, tx)
        }
    };
    tx.commit().await?;
    found.ok_or(Error::TenantNotFound)
}

async fn begin(app: &App) -> pg::Result<PlatformTx> {
    app.db.platform("resolve_tenant", "the tenant behind a name is not known yet").await
}
