//! Allows or denies a person something, whatever their roles say.

use kernel::{Cx, TenantId, Timestamp, UserId};
use pg::TenantTx;
use wire::{timestamp, user::v1::PolicyOverridden};

use super::{
    create_role_binding::allowed_together, list_permissions::is_known, put_custom_role::within_own,
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
        if account.roles.iter().any(|role| role == OWNER.as_str()) {
            return Err(Refusal::AnswersForTenant.into());
        }
        if permission.is_none() {
            may_move_all(&mut tx, cx, user_id, now).await?;
        }
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

/// Who is denied everything loses what each role gives, in parts of the tenant and through groups too, and has it back
/// with the end of the denial: whoever denies, or takes the denial back, must hold it all.
pub(super) async fn may_move_all(
    tx: &mut TenantTx,
    cx: &Cx,
    user_id: UserId,
    now: Timestamp,
) -> Result<()> {
    let roles = store::roles_of_person(tx, user_id, now).await?;
    within_own(cx, &allowed_together(tx, &roles).await?)
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
