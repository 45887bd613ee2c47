//! Shows a community or a team.

use kernel::TenantId;

use crate::{
    App, Result,
    domain::{Group, GroupKey, GroupRefusal},
    store,
};

/// The group of this key.
pub(crate) async fn get_group(app: &App, tenant: TenantId, key: GroupKey) -> Result<Group> {
    let mut tx = app.db.tenant(tenant, "get_group").await?;
    let group = store::group(&mut tx, key).await?;
    tx.commit().await?;
    Ok(group.ok_or(GroupRefusal::GroupNotFound)?)
}
