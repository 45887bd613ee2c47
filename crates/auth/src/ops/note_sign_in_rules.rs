//! Notes what a tenant's settings ask of its members' sign-in now.

use kernel::{Cx, TenantId};

use crate::{App, Result, domain::SignInRules, store};

/// Keeps them, unless newer ones were heard before. They hold from here on, for sessions that are there as well.
pub(crate) async fn note_sign_in_rules(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    rules: SignInRules,
) -> Result<()> {
    let mut tx = app.db.tenant(tenant, "note_sign_in_rules").await?;
    if !bus::first_delivery(&mut tx, cx).await? {
        return Ok(());
    }
    store::upsert_sign_in_rules(&mut tx, &rules).await?;
    tx.commit().await?;
    Ok(())
}
