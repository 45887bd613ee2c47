//! Binds a role to a member, a group or a service account, in the tenant or a part of it, for good or for a time.

use kernel::{Cx, TenantId, Timestamp};
use pg::TenantTx;
use wire::{timestamp, user::v1::RoleBound};

use super::put_custom_role::within_own;
use crate::{
    App, Error, Result,
    domain::{
        AccountKey, GroupKey, GroupRefusal, Refusal, Role, RoleBinding, RoleName, Scope, Subject,
        SubjectType, TenantRole,
    },
    store,
};

/// The wish that somebody hold a role.
#[derive(Debug)]
pub(crate) struct CreateRoleBinding {
    pub(crate) subject: Subject,
    pub(crate) role: RoleName,
    pub(crate) scope: Scope,
    pub(crate) expires_at: Option<Timestamp>,
}

/// The binding as it stands then. Nobody binds a role to themselves or a group that they are in, nor one that allows what
/// they may not.
pub(crate) async fn create_role_binding(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: CreateRoleBinding,
) -> Result<RoleBinding> {
    let CreateRoleBinding { subject, role, scope, expires_at } = command;
    if subject.person().is_some_and(|user_id| cx.user() == Some(user_id)) {
        return Err(Error::OwnAccount);
    }
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "create_role_binding").await?;
    may_hold(&mut tx, subject, now).await?;
    if let (Some(group_id), Some(user_id)) = (subject.group(), cx.user())
        && store::is_in_group(&mut tx, group_id, user_id).await?
    {
        return Err(Error::OwnAccount);
    }
    let allowed = allowed_by(&mut tx, role.as_str()).await?.ok_or(Refusal::RoleNotFound)?;
    within_own(cx, &allowed)?;
    let wish = RoleBinding {
        binding_id: app.clock.new_id(),
        subject,
        role: role.as_str().into(),
        scope,
        expires_at,
        bound_at: now,
        bound_by: cx.actor.label(),
    };
    let bound = match store::binding_like(&mut tx, &wish).await? {
        Some(same) if same.expires_at == expires_at => return Ok(same),
        Some(former) => {
            store::update_binding_end(&mut tx, former.binding_id, expires_at).await?;
            RoleBinding { expires_at, ..former }
        }
        None => {
            store::insert_binding(&mut tx, &wish).await?;
            wish
        }
    };
    bus::audit(&mut tx, cx, "role.bind", &subject.label()).await?;
    bus::emit(&mut tx, cx, subject.id, &told(&bound)).await?;
    store::bump_epoch(&mut tx, &app.snapshots).await?;
    tx.commit().await?;
    Ok(bound)
}

/// Refuses who can hold no role here. The subject stays locked until the transaction ends.
async fn may_hold(tx: &mut TenantTx, subject: Subject, now: Timestamp) -> Result<()> {
    match subject.kind {
        SubjectType::Person => {
            let key = AccountKey::Id(subject.id.into());
            let account = store::lock_account(tx, &key, now).await?.ok_or(Error::PersonNotFound)?;
            if account.is_member { Ok(()) } else { Err(Error::NotJoined) }
        }
        SubjectType::Group => {
            let group = store::lock_group(tx, GroupKey::any(subject.id.into())).await?;
            Ok(group.ok_or(GroupRefusal::GroupNotFound)?.in_use()?)
        }
        SubjectType::ServiceAccount => {
            let account = store::lock_service_account(tx, subject.id).await?;
            account.map(|_| ()).ok_or(Refusal::ServiceAccountNotFound.into())
        }
    }
}

/// What a role of tenants allows, built in or the tenant's own; the latter stays so until this transaction ends.
pub(super) async fn allowed_by(tx: &mut TenantTx, role: &str) -> Result<Option<Vec<String>>> {
    if let Some(role) = TenantRole::parse(role) {
        let permissions = Role::Tenant(role).permissions().iter().map(|&held| held.to_owned());
        return Ok(Some(permissions.collect()));
    }
    Ok(store::share_custom_role(tx, role).await?.map(|role| role.permissions))
}

/// What several roles allow together.
pub(super) async fn allowed_together(tx: &mut TenantTx, roles: &[String]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for role in roles {
        all.extend(allowed_by(tx, role).await?.unwrap_or_default());
    }
    Ok(all)
}

fn told(bound: &RoleBinding) -> RoleBound {
    RoleBound {
        binding_id: bound.binding_id.to_string(),
        user_id: bound.subject.person().map(|id| id.to_string()).unwrap_or_default(),
        role: bound.role.clone(),
        scope_type: bound.scope.kind.to_string(),
        scope_id: bound.scope.id.clone(),
        expires_at: bound.expires_at.map(timestamp),
        subject_type: bound.subject.kind.to_string(),
        subject_id: bound.subject.id.to_string(),
    }
}
