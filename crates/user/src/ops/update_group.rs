//! Changes what a community or a team says of itself, and how one comes in.

use kernel::{Cx, TenantId};
use pg::TenantTx;
use wire::user::v1::GroupChanged;

use super::{create_role_binding::allowed_together, put_custom_role::within_own};
use crate::{
    App, Result,
    domain::{Group, GroupKey, GroupRefusal, GroupWish},
    store,
};

/// The group as it stands then. Nobody changes the way into a group that gives what they may not,
/// itself or through its teams.
pub(crate) async fn update_group(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    key: GroupKey,
    wish: GroupWish,
) -> Result<Group> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "update_group").await?;
    let held = store::lock_group(&mut tx, key).await?.ok_or(GroupRefusal::GroupNotFound)?;
    held.in_use()?;
    let group = held.with(wish, now);
    if group == held {
        return Ok(held);
    }
    if group.join_policy != held.join_policy {
        let roles = store::roles_of_group_and_teams(&mut tx, group.group_id, now).await?;
        within_own(cx, &allowed_together(&mut tx, &roles).await?)?;
    }
    store::update_group(&mut tx, &group).await?;
    tell_changed(&mut tx, cx, "group.update", &group).await?;
    tx.commit().await?;
    Ok(group)
}

/// Audits and tells how the group is from now on.
pub(super) async fn tell_changed(
    tx: &mut TenantTx,
    cx: &Cx,
    action: &str,
    group: &Group,
) -> Result<()> {
    bus::audit(tx, cx, action, &format!("group:{}", group.group_id)).await?;
    let fact = GroupChanged {
        group_id: group.group_id.to_string(),
        kind: group.kind.to_string(),
        community_id: group.community_id.map(|id| id.to_string()).unwrap_or_default(),
        name: group.name.clone(),
        join_policy: group.join_policy.to_string(),
        status: group.status.to_string(),
    };
    bus::emit(tx, cx, group.group_id.uuid(), &fact).await?;
    Ok(())
}
