//! Lists communities or teams.

use kernel::{GroupId, Page, PageSize, TenantId};

use crate::{
    App, Result,
    domain::{Group, GroupKey, GroupKind, GroupRefusal, GroupStatus},
    store,
};

/// Which groups are wanted.
#[derive(Debug)]
pub(crate) struct ListGroups {
    pub(crate) kind: GroupKind,
    /// Teams of this community alone.
    pub(crate) community_id: Option<GroupId>,
    pub(crate) status: GroupStatus,
    pub(crate) size: PageSize,
    pub(crate) after: Option<GroupId>,
}

/// The groups that are wanted, after `after`.
pub(crate) async fn list_groups(
    app: &App,
    tenant: TenantId,
    wanted: ListGroups,
) -> Result<Page<Group>> {
    let ListGroups { kind, community_id, status, size, after } = wanted;
    let mut tx = app.db.tenant(tenant, "list_groups").await?;
    let rows = match community_id {
        Some(community_id) => {
            let community = store::group(&mut tx, GroupKey::community(community_id)).await?;
            community.ok_or(GroupRefusal::GroupNotFound)?;
            store::list_teams_of(&mut tx, community_id, status, after, size.fetch()).await?
        }
        None => store::list_groups(&mut tx, kind, status, after, size.fetch()).await?,
    };
    tx.commit().await?;
    Ok(Page::cut(rows, size, |group| group.group_id.to_string()))
}
