//! Lets the letters of a tenant that is not open wait.

use kernel::Cx;

use crate::{App, Error, Result};

/// Whether letters are sent from now on. What is heard after something of a larger `epoch` counts for nothing, but that
/// a tenant is closed counts whenever it is heard.
pub(crate) async fn follow_tenant(app: &App, cx: &Cx, status: &str, epoch: i64) -> Result<()> {
    let tenant = cx.tenant.ok_or(Error::TenantRequired)?;
    let mut tx = app.db.tenant(tenant, "follow_tenant").await?;
    if !bus::first_delivery(&mut tx, cx).await? {
        return Ok(());
    }
    match status {
        "trial" | "active" => ::jobs::resume_tenant(&mut tx, epoch).await?,
        "closed" => ::jobs::close_tenant(&mut tx).await?,
        _ => ::jobs::suspend_tenant(&mut tx, epoch).await?,
    }
    tx.commit().await?;
    Ok(())
}
