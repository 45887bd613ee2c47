//! Notes what a tenant's settings say now.

use kernel::{Cx, TenantId};

use crate::{App, Result, domain::TenantRules, store};

/// Keeps them, unless newer ones were heard before.
pub(crate) async fn note_settings(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    rules: TenantRules,
) -> Result<()> {
    let mut tx = app.db.tenant(tenant, "note_settings").await?;
    if !bus::first_delivery(&mut tx, cx).await? {
        return Ok(());
    }
    store::upsert_tenant_rules(&mut tx, &rules).await?;
    tx.commit().await?;
    Ok(())
}
