//! Binds a role to a member, in the tenant or a part of it, for good or for a time.

use kernel::{Cx, TenantId, Timestamp, UserId};
use pg::TenantTx;
use wire::{timestamp, user::v1::RoleBound};

use super::put_custom_role::within_own;
use crate::{
    App, Error, Result,
    domain::{AccountKey, Refusal, Role, RoleBinding, RoleName, Scope, TenantRole},
    store,
};

/// The wish that somebody hold a role.
#[derive(Debug)]
pub(crate) struct CreateRoleBinding {
    pub(crate) user_id: UserId,
    pub(crate) role: RoleName,
    pub(crate) scope: Scope,
    pub(crate) expires_at: Option<Timestamp>,
}

/// The binding as it stands then. Nobody binds a role to themselves, nor one that allows what they may not.
pub(crate) async fn create_role_binding(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: CreateRoleBinding,
) -> Result<RoleBinding> {
    let CreateRoleBinding { user_id, role, scope, expires_at } = command;
    if cx.user() == Some(user_id) {
        return Err(Error::OwnAccount);
    }
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "create_role_binding").await?;
    let account = store::lock_account(&mut tx, &AccountKey::Id(user_id), now).await?;
    if !account.ok_or(Error::PersonNotFound)?.is_member {
        return Err(Error::NotJoined);
    }
    let allowed = allowed_by(&mut tx, role.as_str()).await?.ok_or(Refusal::RoleNotFound)?;
    within_own(cx, &allowed)?;
    let wish = RoleBinding {
        binding_id: app.clock.new_id(),
        user_id,
        role: role.as_str().into(),
        scope,
        expires_at,
        bound_at: now,
        bound_by: cx.actor.label(),
    };
    let former = store::binding_like(&mut tx, &wish).await?;
    if let Some(former) = former.as_ref().filter(|former| former.expires_at == wish.expires_at) {
        return Ok(former.clone());
    }
    let bound = former.map_or(wish.clone(), |former| RoleBinding { expires_at, ..former });
    store::insert_binding(&mut tx, &wish).await?;
    bus::audit(&mut tx, cx, "role.bind", &format!("user:{user_id}")).await?;
    bus::emit(&mut tx, cx, user_id.uuid(), &told(&bound)).await?;
    store::bump_epoch(&mut tx).await?;
    tx.commit().await?;
    Ok(bound)
}

/// What a role of tenants allows, built in or the tenant's own; the latter stays so until this transaction ends.
pub(super) async fn allowed_by(tx: &mut TenantTx, role: &str) -> Result<Option<Vec<String>>> {
    if let Some(role) = TenantRole::parse(role) {
        let permissions = Role::Tenant(role).permissions().iter().map(|&held| held.to_owned());
        return Ok(Some(permissions.collect()));
    }
    Ok(store::share_custom_role(tx, role).await?.map(|role| role.permissions))
}

fn told(bound: &RoleBinding) -> RoleBound {
    RoleBound {
        binding_id: bound.binding_id.to_string(),
        user_id: bound.user_id.to_string(),
        role: bound.role.clone(),
        scope_type: bound.scope.kind.to_string(),
        scope_id: bound.scope.id.clone(),
        expires_at: bound.expires_at.map(timestamp),
    }
}
