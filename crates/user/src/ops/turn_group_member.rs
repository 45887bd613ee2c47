//! The one path on which somebody comes into a group, waits, is declined, or goes.

use kernel::{Cx, GroupId, TenantId, Timestamp, UserId};
use pg::TenantTx;
use wire::user::v1::GroupMemberChanged;

use super::{create_role_binding::allowed_together, put_custom_role::within_own};
use crate::{
    App, Error, Result,
    domain::{
        Group, GroupKey, GroupKind, GroupMember, GroupMemberStatus, GroupRefusal, GroupStep,
        MOST_GROUPS, MemberStatus,
    },
    store,
};

/// The wish to change how somebody stands towards a group.
#[derive(Debug)]
pub(crate) struct TurnGroupMember {
    pub(crate) key: GroupKey,
    pub(crate) user_id: UserId,
    pub(crate) step: GroupStep,
    /// What the person is to be there; as before where it is not said.
    pub(crate) role_hint: Option<String>,
}

/// How the person stands then; what stands as wished stays. Whoever changes it holds the person's membership in the
/// tenant, so that its end and this come one after the other, and shares the group, so that what it gives stays. Nobody
/// lets in or takes out where roles come along that allow what they may not, nor lets themselves in where any do.
pub(crate) async fn turn_group_member(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    wish: TurnGroupMember,
) -> Result<GroupMember> {
    let TurnGroupMember { key, user_id, step, role_hint } = wish;
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "turn_group_member").await?;
    store::group(&mut tx, key).await?.ok_or(GroupRefusal::GroupNotFound)?;
    let membership = store::lock_membership(&mut tx, user_id).await?;
    let membership = membership.ok_or(Error::PersonNotFound)?;
    let group = store::share_group(&mut tx, key).await?.ok_or(GroupRefusal::GroupNotFound)?;
    let held = store::group_member(&mut tx, group.group_id, user_id).await?;
    let status = step.from(group.join_policy, held.as_ref().map(|held| held.written))?;
    let is_near = held.as_ref().is_some_and(|held| held.written.is_near());
    let said = held.as_ref().map(|held| held.role_hint.clone()).unwrap_or_default();
    let role_hint = role_hint.unwrap_or_else(|| said.clone());
    if let Some(held) = held.filter(|held| held.written == status && said == role_hint) {
        return Ok(held);
    }
    if step.leads_in() {
        may_come_in(&mut tx, &group, membership.status, user_id).await?;
        if !is_near && store::count_groups_of(&mut tx, user_id).await? >= MOST_GROUPS {
            return Err(GroupRefusal::TooManyGroups.into());
        }
    }
    // Whoever is in a community walks into its open teams.
    let roles = store::roles_of_group_and_teams(&mut tx, group.group_id, now).await?;
    if step.is_by_hand() {
        if step.leads_in() && !roles.is_empty() && cx.user() == Some(user_id) {
            return Err(Error::OwnAccount);
        }
        within_own(cx, &allowed_together(&mut tx, &roles).await?)?;
    }
    let by = cx.actor.label();
    let place = (group.group_id, user_id);
    store::upsert_group_member(&mut tx, place, status, &role_hint, &by, now).await?;
    let target = format!("group:{} user:{user_id}", group.group_id);
    bus::audit(&mut tx, cx, step.action(), &target).await?;
    let fact = told(group.group_id, group.kind, user_id, status, &role_hint);
    bus::emit(&mut tx, cx, user_id.uuid(), &fact).await?;
    let ends_teams = group.kind == GroupKind::Community && !step.leads_in();
    if ends_teams {
        end_in_groups(&mut tx, cx, user_id, Some(group.group_id), status, now).await?;
    }
    let member = store::group_member(&mut tx, group.group_id, user_id).await?;
    if ends_teams || !roles.is_empty() {
        store::bump_epoch(&mut tx, &app.snapshots).await?;
    }
    tx.commit().await?;
    Ok(member.ok_or(GroupRefusal::GroupMemberNotFound)?)
}

/// Refuses whoever is no active member of the tenant, and in the team of a community whoever is not in that.
async fn may_come_in(
    tx: &mut TenantTx,
    group: &Group,
    status: MemberStatus,
    user_id: UserId,
) -> Result<()> {
    group.in_use()?;
    if status != MemberStatus::Active {
        return Err(GroupRefusal::NotActive.into());
    }
    if let Some(community_id) = group.community_id
        && !store::is_in_group(tx, community_id, user_id).await?
    {
        return Err(GroupRefusal::NotInCommunity.into());
    }
    Ok(())
}

/// Ends what the person is in the teams of a community, or in all groups where none is named, and tells of each.
pub(super) async fn end_in_groups(
    tx: &mut TenantTx,
    cx: &Cx,
    user_id: UserId,
    community_id: Option<GroupId>,
    status: GroupMemberStatus,
    now: Timestamp,
) -> Result<()> {
    let by = cx.actor.label();
    for ended in store::end_group_members(tx, user_id, community_id, status, &by, now).await? {
        let fact = told(ended.group_id, ended.kind, user_id, ended.status, &ended.role_hint);
        bus::emit(tx, cx, user_id.uuid(), &fact).await?;
    }
    Ok(())
}

fn told(
    group_id: GroupId,
    kind: GroupKind,
    user_id: UserId,
    status: GroupMemberStatus,
    role_hint: &str,
) -> GroupMemberChanged {
    GroupMemberChanged {
        group_id: group_id.to_string(),
        kind: kind.to_string(),
        user_id: user_id.to_string(),
        status: status.to_string(),
        role_hint: role_hint.to_owned(),
    }
}
