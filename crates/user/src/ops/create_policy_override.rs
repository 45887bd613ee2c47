//! Allows or denies a person something, whatever their roles say.

use kernel::{Cx, TenantId, Timestamp, UserId};
use pg::TenantTx;
use wire::{timestamp, user::v1::PolicyOverridden};

use super::{
    create_role_binding::allowed_by, list_permissions::is_known, put_custom_role::within_own,
};
use crate::{
    App, Error, Result,
    domain::{AccountKey, Effect, OWNER, PolicyOverride, Refusal},
    store,
};

/// The wish for an exception.
#[derive(Debug)]
pub(crate) struct CreatePolicyOverride {
    pub(crate) user_id: UserId,
    pub(crate) effect: Effect,
    /// Absent for everything.
    pub(crate) permission: Option<String>,
    pub(crate) reason: String,
    pub(crate) expires_at: Option<Timestamp>,
}

/// The override as it stands then. Nobody makes one for themselves, nor for a permission that they lack; whoever
/// answers for the tenant is denied nothing.
pub(crate) async fn create_policy_override(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: CreatePolicyOverride,
) -> Result<PolicyOverride> {
    let CreatePolicyOverride { user_id, effect, permission, reason, expires_at } = command;
    if cx.user() == Some(user_id) {
        return Err(Error::OwnAccount);
    }
    if let Some(permission) = &permission {
        if !is_known(permission) {
            return Err(Refusal::PermissionUnknown.into());
        }
        within_own(cx, std::slice::from_ref(permission))?;
    }
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "create_policy_override").await?;
    let account = store::lock_account(&mut tx, &AccountKey::Id(user_id), now).await?;
    let account = account.ok_or(Error::PersonNotFound)?;
    if effect == Effect::Deny {
        may_be_denied(&mut tx, cx, &account.roles, permission.is_none()).await?;
    }
    let former = store::override_like(&mut tx, user_id, effect, permission.as_deref()).await?;
    let wish = match former {
        Some(same) if same.reason == reason && same.expires_at == expires_at => return Ok(same),
        Some(former) => PolicyOverride { reason, expires_at, ..former },
        None => PolicyOverride {
            override_id: app.clock.new_id(),
            user_id,
            effect,
            permission,
            reason,
            expires_at,
            made_at: now,
            made_by: cx.actor.label(),
        },
    };
    store::insert_override(&mut tx, &wish).await?;
    bus::audit(&mut tx, cx, "override.create", &format!("user:{user_id}")).await?;
    bus::emit(&mut tx, cx, user_id.uuid(), &told(&wish)).await?;
    store::bump_epoch(&mut tx, &app.snapshots).await?;
    tx.commit().await?;
    Ok(wish)
}

/// Who is denied everything loses each role's rights, so whoever denies must hold them all.
async fn may_be_denied(
    tx: &mut TenantTx,
    cx: &Cx,
    roles: &[String],
    everything: bool,
) -> Result<()> {
    if roles.iter().any(|role| role == OWNER.as_str()) {
        return Err(Refusal::AnswersForTenant.into());
    }
    for role in roles.iter().filter(|_| everything) {
        within_own(cx, &allowed_by(tx, role).await?.unwrap_or_default())?;
    }
    Ok(())
}

fn told(made: &PolicyOverride) -> PolicyOverridden {
    PolicyOverridden {
        override_id: made.override_id.to_string(),
        user_id: made.user_id.to_string(),
        effect: made.effect.to_string(),
        permission: made.permission.clone().unwrap_or_default(),
        expires_at: made.expires_at.map(timestamp),
    }
}
