//! Gives the tenant to another owner.

use kernel::{Cx, TenantId, UserId};
use pg::TenantTx;
use wire::user::v1::OwnershipTransferred;

use crate::{
    App, Error, Result,
    domain::{FORMER_OWNER, MemberStatus, Membership, OWNER, Role},
    store,
};

/// Makes `heir` an owner, and the owner who calls an admin; the heir's membership as it stands then. What was done
/// before stays.
pub(crate) async fn transfer_ownership(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    heir: UserId,
) -> Result<Membership> {
    let (now, by) = (app.clock.now(), cx.actor.label());
    let mut tx = app.db.tenant(tenant, "transfer_ownership").await?;
    let owners = store::lock_owners(&mut tx).await?;
    let giver = giver(&mut tx, cx, &owners).await?;
    let chosen = store::lock_membership(&mut tx, heir).await?.ok_or(Error::PersonNotFound)?;
    if chosen.status != MemberStatus::Active {
        return Err(Error::NotActive);
    }
    if owners.contains(&heir) && giver.is_none_or(|giver| giver == heir) {
        return Ok(chosen);
    }
    store::bind_role(&mut tx, heir, Role::Tenant(OWNER), &by, now).await?;
    let giver = giver.filter(|giver| *giver != heir);
    if let Some(giver) = giver {
        store::unbind_roles(&mut tx, giver, &[OWNER.to_string()]).await?;
        store::bind_role(&mut tx, giver, Role::Tenant(FORMER_OWNER), &by, now).await?;
    }
    bus::audit(&mut tx, cx, "ownership.transfer", &format!("user:{heir}")).await?;
    let fact = OwnershipTransferred {
        from_user_id: giver.map(|giver| giver.to_string()).unwrap_or_default(),
        to_user_id: heir.to_string(),
    };
    bus::emit(&mut tx, cx, heir.uuid(), &fact).await?;
    let made = store::membership(&mut tx, heir).await?.ok_or(Error::PersonNotFound)?;
    store::bump_epoch(&mut tx, &app.snapshots).await?;
    tx.commit().await?;
    Ok(made)
}

/// The owner who gives the tenant away; nobody where the platform's staff does it. A member who was an owner a moment
/// ago still has the right in the passport, but no tenant to give.
async fn giver(tx: &mut TenantTx, cx: &Cx, owners: &[UserId]) -> Result<Option<UserId>> {
    let Some(caller) = cx.user() else { return Ok(None) };
    if owners.contains(&caller) {
        return Ok(Some(caller));
    }
    match store::member_status(tx, caller).await? {
        Some(_) if !cx.flags.system_admin => Err(Error::RoleAboveOwn),
        _ => Ok(None),
    }
}
