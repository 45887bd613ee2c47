//! Shows a role of the tenant's own.

use kernel::TenantId;

use crate::{
    App, Result,
    domain::{CustomRole, Refusal, RoleName},
    store,
};

pub(crate) async fn get_custom_role(
    app: &App,
    tenant: TenantId,
    role: &RoleName,
) -> Result<CustomRole> {
    let mut tx = app.db.tenant(tenant, "get_custom_role").await?;
    let role = store::custom_role(&mut tx, role.as_str()).await?;
    tx.commit().await?;
    Ok(role.ok_or(Refusal::RoleNotFound)?)
}
