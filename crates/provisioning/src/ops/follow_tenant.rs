//! Does what a tenant's status demands of its jobs and secrets.

use kernel::Cx;

use super::tenant_of;
use crate::{App, Result, domain::Standing};

/// Lets the jobs of a tenant that is not open wait until it is. With a tenant that is closed for good the keys of its
/// secrets go. What is heard after something of a larger `epoch` counts for nothing, but that a tenant is closed counts
/// whenever it is heard.
pub(crate) async fn follow_tenant(
    app: &App,
    cx: &Cx,
    standing: Standing,
    epoch: i64,
) -> Result<()> {
    let tenant = tenant_of(cx)?;
    let mut tx = app.db.tenant(tenant, "follow_tenant").await?;
    if !bus::first_delivery(&mut tx, cx).await? {
        return Ok(());
    }
    match standing {
        Standing::Open => jobs::resume_tenant(&mut tx, epoch).await?,
        Standing::Shut => jobs::suspend_tenant(&mut tx, epoch).await?,
        Standing::Closed => {
            jobs::close_tenant(&mut tx).await?;
            let shredded = app.vault.shred(&mut tx).await?;
            bus::audit(&mut tx, cx, "vault.shred", &format!("tenant:{tenant}")).await?;
            tracing::info!(tenant.id = %tenant, shredded, "the keys of a closed tenant are gone");
        }
    }
    tx.commit().await?;
    Ok(())
}
