//! Shows how a tenant lets strangers in.

use kernel::TenantId;

use crate::{App, Result, domain::SignUpPolicy, store};

/// What the tenant has said; by invitation alone where it has said nothing.
pub(crate) async fn get_sign_up_policy(
    app: &App,
    tenant: TenantId,
) -> Result<Option<SignUpPolicy>> {
    let mut tx = app.db.tenant(tenant, "get_sign_up_policy").await?;
    let held = store::sign_up_policy(&mut tx).await?;
    tx.commit().await?;
    Ok(held)
}
