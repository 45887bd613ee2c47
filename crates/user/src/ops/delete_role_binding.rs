//! Takes a role away.

use kernel::{Cx, TenantId};
use pg::TenantTx;
use uuid::Uuid;
use wire::user::v1::RoleUnbound;

use super::{create_role_binding::allowed_by, put_custom_role::within_own};
use crate::{
    App, Error, Result,
    domain::{AccountKey, Refusal, Role, TenantRole},
    store,
};

/// Takes the role away. Nobody takes one from themselves, nor one that allows what they may not; the last who answers
/// for the tenant stays.
pub(crate) async fn delete_role_binding(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    binding_id: Uuid,
) -> Result<()> {
    let mut tx = app.db.tenant(tenant, "delete_role_binding").await?;
    let binding = store::binding(&mut tx, binding_id).await?.ok_or(Refusal::BindingNotFound)?;
    if cx.user() == Some(binding.user_id) {
        return Err(Error::OwnAccount);
    }
    // The account before the role, as everywhere.
    store::lock_account(&mut tx, &AccountKey::Id(binding.user_id), app.clock.now()).await?;
    let allowed = allowed_by(&mut tx, &binding.role).await?.unwrap_or_default();
    within_own(cx, &allowed)?;
    if !store::delete_binding(&mut tx, binding_id).await? {
        return Err(Refusal::BindingNotFound.into());
    }
    let target = format!("user:{}", binding.user_id);
    bus::audit(&mut tx, cx, "role.unbind", &target).await?;
    let answered = binding.is_standing() && answers(&binding.role);
    let fact = RoleUnbound {
        binding_id: binding_id.to_string(),
        user_id: binding.user_id.to_string(),
        role: binding.role,
        scope_type: binding.scope.kind.to_string(),
        scope_id: binding.scope.id,
    };
    bus::emit(&mut tx, cx, binding.user_id.uuid(), &fact).await?;
    store::bump_epoch(&mut tx).await?;
    if answered {
        somebody_answers(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Whether whoever holds the role answers for the tenant.
pub(super) fn answers(role: &str) -> bool {
    TenantRole::parse(role).is_some_and(|role| Role::Tenant(role).answers())
}

/// Refuses a change after which nobody would answer for the tenant. Comes after the epoch was bumped: there changes of
/// rights wait for each other, so of two that take the last two owners away one sees the other.
pub(super) async fn somebody_answers(tx: &mut TenantTx) -> Result<()> {
    match store::count_holders(tx, &Role::answering()).await? {
        0 => Err(Refusal::LastOwner.into()),
        _ => Ok(()),
    }
}
