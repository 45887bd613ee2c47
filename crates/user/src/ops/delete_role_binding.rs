//! Takes a role away.

use kernel::{Cx, TenantId};
use uuid::Uuid;
use wire::user::v1::RoleUnbound;

use super::{
    create_role_binding::allowed_by, keep_an_owner::keep_an_owner, put_custom_role::within_own,
};
use crate::{
    App, Error, Result,
    domain::{AccountKey, OWNER, Refusal},
    store,
};

/// Takes the role away. Nobody takes one from themselves, nor one that allows what they may not; the last owner
/// stays.
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
    if binding.is_standing() && binding.role == OWNER.as_str() {
        keep_an_owner(&mut tx, binding.user_id).await?;
    }
    if !store::delete_binding(&mut tx, binding_id).await? {
        return Err(Refusal::BindingNotFound.into());
    }
    let target = format!("user:{}", binding.user_id);
    bus::audit(&mut tx, cx, "role.unbind", &target).await?;
    let fact = RoleUnbound {
        binding_id: binding_id.to_string(),
        user_id: binding.user_id.to_string(),
        role: binding.role,
        scope_type: binding.scope.kind.to_string(),
        scope_id: binding.scope.id,
    };
    bus::emit(&mut tx, cx, binding.user_id.uuid(), &fact).await?;
    store::bump_epoch(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}
