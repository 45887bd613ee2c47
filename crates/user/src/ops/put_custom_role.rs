//! Makes a role of the tenant's own, or changes what one allows.

use std::collections::BTreeSet;

use kernel::{Cx, TenantId};
use wire::user::v1::CustomRoleChanged;

use crate::{
    App, Result,
    domain::{CustomRole, Refusal, RoleName},
    store,
};

/// The wish for a role.
#[derive(Debug)]
pub(crate) struct PutCustomRole {
    pub(crate) role: RoleName,
    pub(crate) title: String,
    pub(crate) permissions: BTreeSet<String>,
}

/// The role as it stands then. Whoever changes one must hold all that it allowed and all that it will.
pub(crate) async fn put_custom_role(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: PutCustomRole,
) -> Result<CustomRole> {
    if command.role.is_built_in() {
        return Err(Refusal::RoleBuiltIn.into());
    }
    let permissions: Vec<String> = command.permissions.into_iter().collect();
    within_own(cx, &permissions)?;
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "put_custom_role").await?;
    let former = store::lock_custom_role(&mut tx, command.role.as_str()).await?;
    let role = CustomRole {
        role: command.role.as_str().into(),
        title: command.title,
        permissions,
        created_at: former.as_ref().map_or(now, |former| former.created_at),
        updated_at: now,
    };
    if let Some(former) = former {
        within_own(cx, &former.permissions)?;
        if (&former.title, &former.permissions) == (&role.title, &role.permissions) {
            return Ok(former);
        }
    }
    store::upsert_custom_role(&mut tx, &role).await?;
    bus::audit(&mut tx, cx, "role.put", &format!("role:{}", role.role)).await?;
    let fact =
        CustomRoleChanged { role_id: role.role.clone(), permissions: role.permissions.clone() };
    bus::emit(&mut tx, cx, tenant.uuid(), &fact).await?;
    store::bump_epoch(&mut tx, &app.snapshots).await?;
    tx.commit().await?;
    Ok(role)
}

/// Refuses what would touch a permission that the acting person lacks; our own services answer for whom they let ask.
pub(super) fn within_own(cx: &Cx, permissions: &[String]) -> Result<()> {
    match cx.user().is_none() || permissions.iter().all(|permission| cx.may_give(permission)) {
        true => Ok(()),
        false => Err(Refusal::PermissionAboveOwn.into()),
    }
}
