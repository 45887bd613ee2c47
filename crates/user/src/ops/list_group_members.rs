//! Lists the members of a group.

use kernel::{Page, PageSize, TenantId, UserId};

use crate::{
    App, Result,
    domain::{GroupKey, GroupMember, GroupMemberStatus, GroupRefusal},
    store,
};

/// Those who stand so towards the group, after the person `after`.
pub(crate) async fn list_group_members(
    app: &App,
    tenant: TenantId,
    key: GroupKey,
    status: GroupMemberStatus,
    size: PageSize,
    after: Option<UserId>,
) -> Result<Page<GroupMember>> {
    let mut tx = app.db.tenant(tenant, "list_group_members").await?;
    let group = store::group(&mut tx, key).await?.ok_or(GroupRefusal::GroupNotFound)?;
    let rows =
        store::list_group_members(&mut tx, group.group_id, status, after, size.fetch()).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |member| member.user_id.to_string()))
}
