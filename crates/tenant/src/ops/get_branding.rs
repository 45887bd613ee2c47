//! Shows how a tenant looks.

use kernel::TenantId;

use crate::{App, Error, Result, domain::Named, store};

/// The look that holds.
pub(crate) async fn get_branding(app: &App, tenant: TenantId) -> Result<Named> {
    let mut tx = app.db.tenant(tenant, "get_branding").await?;
    let owner = store::tenant(&mut tx).await?.ok_or(Error::TenantNotFound)?;
    let branding = store::branding(&mut tx).await?;
    tx.commit().await?;
    Ok(Named { branding, tenant: owner.name })
}
