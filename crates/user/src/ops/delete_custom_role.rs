//! Removes a role of the tenant's own that nobody holds.

use kernel::{Cx, TenantId};
use wire::user::v1::CustomRoleDeleted;

use super::put_custom_role::within_own;
use crate::{
    App, Result,
    domain::{Refusal, RoleName},
    store,
};

/// Removes it, unless somebody holds it.
pub(crate) async fn delete_custom_role(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    role: &RoleName,
) -> Result<()> {
    let mut tx = app.db.tenant(tenant, "delete_custom_role").await?;
    // Whoever binds it holds it shared until their binding stands, so none slips in behind the question.
    let role = store::lock_custom_role(&mut tx, role.as_str()).await?;
    let role = role.ok_or(Refusal::RoleNotFound)?;
    within_own(cx, &role.permissions)?;
    if store::is_bound(&mut tx, &role.role).await? {
        return Err(Refusal::RoleInUse.into());
    }
    store::delete_custom_role(&mut tx, &role.role).await?;
    bus::audit(&mut tx, cx, "role.delete", &format!("role:{}", role.role)).await?;
    let fact = CustomRoleDeleted { role_id: role.role };
    bus::emit(&mut tx, cx, tenant.uuid(), &fact).await?;
    tx.commit().await?;
    Ok(())
}
