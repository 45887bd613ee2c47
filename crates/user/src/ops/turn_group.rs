//! Archives a community or a team, or takes it out of the archive.

use kernel::{Cx, TenantId};

use super::{
    create_role_binding::allowed_together, put_custom_role::within_own, update_group::tell_changed,
};
use crate::{
    App, Result,
    domain::{Group, GroupKey, GroupRefusal, GroupStatus},
    store,
};

/// The group as it stands then; what stands as wished stays. A community takes its teams into the archive, and each comes
/// back by itself. Nobody does it where roles rest or come back that allow what they may not.
pub(crate) async fn turn_group(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    key: GroupKey,
    status: GroupStatus,
) -> Result<Group> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "turn_group").await?;
    let seen = store::group(&mut tx, key).await?.ok_or(GroupRefusal::GroupNotFound)?;
    if let Some(community_id) = seen.community_id.filter(|_| status == GroupStatus::Active) {
        // The community before its team, as whoever archives both locks them.
        let community = store::share_group(&mut tx, GroupKey::community(community_id)).await?;
        let community = community.ok_or(GroupRefusal::GroupNotFound)?;
        community.in_use().map_err(|_| GroupRefusal::CommunityArchived)?;
    }
    let held = store::lock_group(&mut tx, key).await?.ok_or(GroupRefusal::GroupNotFound)?;
    if held.status == status {
        return Ok(held);
    }
    if status == GroupStatus::Archived {
        store::lock_teams_of(&mut tx, held.group_id).await?;
    }
    let roles = store::roles_of_group_and_teams(&mut tx, held.group_id, now).await?;
    within_own(cx, &allowed_together(&mut tx, &roles).await?)?;
    let group = Group { status, changed_at: now, ..held };
    store::update_group(&mut tx, &group).await?;
    let action = match status {
        GroupStatus::Active => "group.restore",
        GroupStatus::Archived => "group.archive",
    };
    tell_changed(&mut tx, cx, action, &group).await?;
    if status == GroupStatus::Archived {
        for team in store::archive_teams_of(&mut tx, group.group_id, now).await? {
            tell_changed(&mut tx, cx, action, &team).await?;
        }
    }
    store::bump_epoch(&mut tx, &app.snapshots).await?;
    tx.commit().await?;
    Ok(group)
}
