//! Shows the tenant's rules for invitations.

use kernel::TenantId;

use crate::{App, Result, domain::InvitePolicy, store};

/// The rules that hold.
pub(crate) async fn get_invite_policy(app: &App, tenant: TenantId) -> Result<InvitePolicy> {
    let mut tx = app.db.tenant(tenant, "get_invite_policy").await?;
    let policy = store::invite_policy(&mut tx).await?;
    tx.commit().await?;
    Ok(policy)
}
