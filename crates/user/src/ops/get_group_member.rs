//! Shows how somebody stands towards a group.

use kernel::{TenantId, UserId};

use crate::{
    App, Result,
    domain::{GroupKey, GroupMember, GroupRefusal},
    store,
};

/// How the person stands towards the group; refused where they never had to do with it.
pub(crate) async fn get_group_member(
    app: &App,
    tenant: TenantId,
    key: GroupKey,
    user_id: UserId,
) -> Result<GroupMember> {
    let mut tx = app.db.tenant(tenant, "get_group_member").await?;
    let group = store::group(&mut tx, key).await?.ok_or(GroupRefusal::GroupNotFound)?;
    let member = store::group_member(&mut tx, group.group_id, user_id).await?;
    tx.commit().await?;
    Ok(member.ok_or(GroupRefusal::GroupMemberNotFound)?)
}
