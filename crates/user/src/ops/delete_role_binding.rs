//! Takes a role away.

use kernel::{Cx, TenantId, Timestamp};
use pg::TenantTx;
use uuid::Uuid;
use wire::user::v1::RoleUnbound;

use super::{
    create_role_binding::allowed_by, keep_an_owner::keep_an_owner, put_custom_role::within_own,
};
use crate::{
    App, Error, Result,
    domain::{AccountKey, GroupKey, OWNER, Refusal, Subject, SubjectType},
    store,
};

/// Takes the role away. Nobody takes one from themselves, nor one that allows what they may not, unless it has ended; the
/// last owner stays.
pub(crate) async fn delete_role_binding(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    binding_id: Uuid,
) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "delete_role_binding").await?;
    let seen = store::binding(&mut tx, binding_id).await?.ok_or(Refusal::BindingNotFound)?;
    let person = seen.subject.person();
    if person.is_some_and(|user_id| cx.user() == Some(user_id)) {
        return Err(Error::OwnAccount);
    }
    lock(&mut tx, seen.subject, now).await?;
    let binding = store::binding(&mut tx, binding_id).await?.ok_or(Refusal::BindingNotFound)?;
    if binding.counts(now) {
        let allowed = allowed_by(&mut tx, &binding.role).await?.unwrap_or_default();
        within_own(cx, &allowed)?;
    }
    if let Some(user_id) = person.filter(|_| binding.is_standing())
        && binding.role == OWNER.as_str()
    {
        keep_an_owner(&mut tx, user_id).await?;
    }
    if !store::delete_binding(&mut tx, binding_id).await? {
        return Err(Refusal::BindingNotFound.into());
    }
    bus::audit(&mut tx, cx, "role.unbind", &binding.subject.label()).await?;
    let fact = RoleUnbound {
        binding_id: binding_id.to_string(),
        user_id: person.map(|id| id.to_string()).unwrap_or_default(),
        role: binding.role,
        scope_type: binding.scope.kind.to_string(),
        scope_id: binding.scope.id,
        subject_type: binding.subject.kind.to_string(),
        subject_id: binding.subject.id.to_string(),
    };
    bus::emit(&mut tx, cx, binding.subject.id, &fact).await?;
    store::bump_epoch(&mut tx, &app.snapshots).await?;
    tx.commit().await?;
    Ok(())
}

/// The subject before the role, as everywhere.
async fn lock(tx: &mut TenantTx, subject: Subject, now: Timestamp) -> Result<()> {
    match subject.kind {
        SubjectType::Person => {
            store::lock_account(tx, &AccountKey::Id(subject.id.into()), now).await?;
        }
        SubjectType::Group => {
            store::lock_group(tx, GroupKey::any(subject.id.into())).await?;
        }
        SubjectType::ServiceAccount => {
            store::lock_service_account(tx, subject.id).await?;
        }
    }
    Ok(())
}
