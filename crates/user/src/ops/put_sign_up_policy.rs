//! Says how a tenant lets strangers in.

use kernel::{Cx, TenantId};
use wire::user::v1::SignUpPolicyChanged;

use super::check_roles::check_roles;
use crate::{
    App, Result,
    domain::{RoleName, SignUpMode, SignUpPolicy},
    store,
};

/// The wish to let them in, or not to.
#[derive(Debug)]
pub(crate) struct PutSignUpPolicy {
    pub(crate) mode: SignUpMode,
    pub(crate) role: RoleName,
}

/// The policy as it stands then. Setting the same twice changes nothing.
pub(crate) async fn put_sign_up_policy(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: PutSignUpPolicy,
) -> Result<SignUpPolicy> {
    let set = SignUpPolicy {
        mode: command.mode,
        role: command.role.as_str().into(),
        set_by: cx.actor.label(),
        set_at: app.clock.now(),
    };
    let mut tx = app.db.tenant(tenant, "put_sign_up_policy").await?;
    check_roles(&mut tx, cx, std::iter::once(set.role.as_str())).await?;
    let held = store::sign_up_policy(&mut tx).await?;
    let same = |held: &SignUpPolicy| {
        (held.mode, &held.role, &held.set_by) == (set.mode, &set.role, &set.set_by)
    };
    if let Some(held) = held.filter(same) {
        return Ok(held);
    }
    store::upsert_sign_up_policy(&mut tx, &set).await?;
    let target = format!("sign_up_policy:{} {}", set.mode, set.role);
    bus::audit(&mut tx, cx, "sign_up_policy.put", &target).await?;
    let fact = SignUpPolicyChanged { mode: set.mode.to_string(), role: set.role.clone() };
    bus::emit(&mut tx, cx, tenant.uuid(), &fact).await?;
    tx.commit().await?;
    Ok(set)
}
