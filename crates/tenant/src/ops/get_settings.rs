//! Shows a tenant's settings.

use kernel::TenantId;

use crate::{App, Error, Result, domain::Spoken, store};

/// The settings that hold.
pub(crate) async fn get_settings(app: &App, tenant: TenantId) -> Result<Spoken> {
    let mut tx = app.db.tenant(tenant, "get_settings").await?;
    let locale = store::tenant(&mut tx).await?.ok_or(Error::TenantNotFound)?.locale;
    let settings = store::settings(&mut tx).await?;
    tx.commit().await?;
    Ok(Spoken { settings, locale })
}
